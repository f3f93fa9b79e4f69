import type { Level } from "../api/types";

/** How far above the shown level an outline stands, from a zoom on: 1 is the parent. */
export interface OutlineStep {
  zoom: number;
  above: number;
}

export interface Outline {
  level: Level;
  /** Rising by zoom, never empty. */
  steps: OutlineStep[];
}

/**
 * Say which upper levels are drawn as outlines over the finer ones, and from which zooms.
 *
 * @param levels - by rank, root first
 * @returns one entry for each level that has finer ones after it on the zoom scale, root first
 */
export function findOutlines(levels: Level[]): Outline[] {
  return levels.flatMap((level, place) => {
    const steps = levels
      .slice(place + 1)
      .map((finer, below) => ({ zoom: finer.min_zoom, above: below + 1 }))
      .filter((step) => step.zoom > level.max_zoom);
    return steps.length > 0 ? [{ level, steps }] : [];
  });
}
