import { signal } from "@preact/signals";
import type { Map as MapLibreMap } from "maplibre-gl";
import type { Level } from "../api/types";
import { BUILDING_LAYERS } from "./building-layers";
import { GRID_FILL, outlineId } from "./grid-layers";
import { INCIDENT_COUNTS, INCIDENT_POINT } from "./incident-layers";

/** What the legend must explain: read from the drawn map, so that it never tells of what is not there. */
export interface Shown {
  /** Code of the finest level drawn, or null on empty ground. */
  level: string | null;
  /** Codes of the upper levels drawn as outlines. */
  outlines: string[];
  /** Whether a dedicated grid is in view. */
  dedicated: boolean;
  /** Whether buildings are in view. */
  buildings: boolean;
  /** Whether incidents are drawn one by one, or counted; null while none is in view. */
  incidents: "single" | "counted" | null;
}

export const shown = signal<Shown>({
  level: null,
  outlines: [],
  dedicated: false,
  buildings: false,
  incidents: null,
});

/** Look at what is drawn now. */
export function findShown(map: MapLibreMap, levels: Level[]): Shown {
  const rank = new Map(levels.map((level) => [level.code, level.rank]));
  const drawn = (layer: string) => (map.getLayer(layer) ? map.queryRenderedFeatures({ layers: [layer] }) : []);
  const grids = drawn(GRID_FILL);
  const codes = [...new Set(grids.map((feature) => String(feature.properties.level)))];
  codes.sort((one, other) => (rank.get(other) ?? 0) - (rank.get(one) ?? 0));
  return {
    level: codes[0] ?? null,
    outlines: levels.map((level) => level.code).filter((code) => drawn(outlineId(code)).length > 0),
    dedicated: grids.some((feature) => feature.properties.kind === "dedicated"),
    buildings: BUILDING_LAYERS.some((layer) => drawn(layer).length > 0),
    incidents: incidents(drawn),
  };
}

function incidents(drawn: (layer: string) => unknown[]): Shown["incidents"] {
  if (drawn(INCIDENT_POINT).length > 0) {
    return "single";
  }
  return INCIDENT_COUNTS.some((layer) => drawn(layer).length > 0) ? "counted" : null;
}
