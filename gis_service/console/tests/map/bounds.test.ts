// @vitest-environment node
import { describe, expect, it } from "vitest";
import { boundsOf } from "../../src/map/bounds";

describe("the box around a shape", () => {
  it("holds every part of a grid in several parts", () => {
    const square = (west: number) => [
      [
        [west, 25],
        [west + 1, 25],
        [west + 1, 26],
        [west, 25],
      ],
    ];
    expect(boundsOf({ type: "MultiPolygon", coordinates: [square(102), square(105)] })).toEqual([102, 25, 106, 26]);
  });

  it("is the point itself for a point", () => {
    expect(boundsOf({ type: "Point", coordinates: [102.5, 25.5] })).toEqual([102.5, 25.5, 102.5, 25.5]);
  });
});
