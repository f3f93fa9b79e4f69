import { signal } from "@preact/signals";
import type { MapGeoJSONFeature, Map as MapLibreMap } from "maplibre-gl";
import type { Level } from "../api/types";
import { BUILDING_FILL, BUILDING_POINT } from "./building-layers";
import { GRID_FILL, outlineId } from "./grid-layers";
import { INCIDENT_COUNT, INCIDENT_FEW, INCIDENT_POINT } from "./incident-layers";

/** What the legend must explain: read from the drawn map, so that it never tells of what is not there. */
export interface Shown {
  /** Code of the finest level drawn, or null on empty ground. */
  level: string | null;
  /** Codes of the upper levels drawn as outlines. */
  outlines: string[];
  /** Whether a dedicated grid is in view. */
  dedicated: boolean;
  /** How the buildings in view are drawn; null while none is in view. */
  buildings: "areas" | "points" | null;
  /** Whether incidents are drawn one by one. */
  incidents: boolean;
  /** Code of the finest level by which incidents are counted; null while no count is in view. */
  countedBy: string | null;
  /** Whether a cluster of single incidents is in view. */
  clustered: boolean;
  /** Whether a grid is in view whose count is withheld. */
  few: boolean;
}

export const shown = signal<Shown>({
  level: null,
  outlines: [],
  dedicated: false,
  buildings: null,
  incidents: false,
  countedBy: null,
  clustered: false,
  few: false,
});

/** Look at what is drawn now. */
export function findShown(map: MapLibreMap, levels: Level[]): Shown {
  const rank = new Map(levels.map((level) => [level.code, level.rank]));
  const drawn = (layer: string) => (map.getLayer(layer) ? map.queryRenderedFeatures({ layers: [layer] }) : []);
  const finest = (features: MapGeoJSONFeature[]) => {
    const codes = [...new Set(features.map((feature) => String(feature.properties.level)))];
    codes.sort((one, other) => (rank.get(other) ?? 0) - (rank.get(one) ?? 0));
    return codes[0] ?? null;
  };
  const grids = drawn(GRID_FILL);
  const counts = drawn(INCIDENT_COUNT);
  const isOfGrid = (feature: MapGeoJSONFeature) => feature.properties.level !== undefined;
  const points = drawn(BUILDING_POINT).length > 0 ? "points" : null;
  return {
    level: finest(grids),
    outlines: levels.map((level) => level.code).filter((code) => drawn(outlineId(code)).length > 0),
    dedicated: grids.some((feature) => feature.properties.kind === "dedicated"),
    buildings: drawn(BUILDING_FILL).length > 0 ? "areas" : points,
    incidents: drawn(INCIDENT_POINT).length > 0,
    countedBy: finest(counts.filter(isOfGrid)),
    clustered: !counts.every(isOfGrid),
    few: drawn(INCIDENT_FEW).length > 0,
  };
}
