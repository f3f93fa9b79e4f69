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

  it("are none for a tree of one level", () => {
    expect(findOutlines(LEVELS.slice(0, 1))).toEqual([]);
  });
});
