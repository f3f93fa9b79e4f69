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
 * Tiles show the finest level that suits a zoom, so a level is an upper one from where the next finer begins, even
 * where the zooms of the two overlap.
 *
 * @param levels - by rank, root first
 * @returns one entry for each level but the finest, root first
 */
export function findOutlines(levels: Level[]): Outline[] {
  return levels.slice(0, -1).map((level, place) => {
    const finer = levels.slice(place + 1);
    const zooms = [...new Set(finer.map((each) => each.min_zoom))].sort((one, other) => one - other);
    const begunAt = (zoom: number) => finer.filter((each) => each.min_zoom <= zoom).length;
    return { level, steps: zooms.map((zoom) => ({ zoom, above: begunAt(zoom) })) };
  });
}
