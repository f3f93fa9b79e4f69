// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { Level } from "../../src/api/types";
import { findOutlines } from "../../src/map/levels";

function level(code: string, rank: number, min_zoom: number, max_zoom: number): Level {
  return { code, rank, name: code, name_en: code, min_zoom, max_zoom };
}

const LEVELS = [level("district", 1, 0, 10), level("street", 2, 11, 12), level("community", 3, 13, 22)];

describe("outlines", () => {
  it("draw each upper level over all finer ones, heavier with each level between", () => {
    expect(findOutlines(LEVELS).map(({ level: upper, steps }) => [upper.code, steps])).toEqual([
      [
        "district",
        [
          { zoom: 11, above: 1 },
          { zoom: 13, above: 2 },
        ],
      ],
      ["street", [{ zoom: 13, above: 1 }]],
    ]);
  });

  it("begin where the finer level does, though both suit the zooms after it", () => {
    const overlapping = [level("unit_grid", 4, 14, 22), level("micro_grid", 5, 16, 22)];
    expect(findOutlines(overlapping).map(({ steps }) => steps)).toEqual([[{ zoom: 16, above: 1 }]]);
  });

  it("take one step where two finer levels begin at the same zoom", () => {
    const together = [level("city", 0, 0, 7), level("district", 1, 0, 9), level("street", 2, 0, 11)];
    expect(findOutlines(together)[0]?.steps).toEqual([{ zoom: 0, above: 2 }]);
  });

  it("are none for a tree of one level", () => {
    expect(findOutlines(LEVELS.slice(0, 1))).toEqual([]);
  });
});
