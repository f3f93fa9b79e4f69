import type { Signal } from "@preact/signals";
import type { MapGeoJSONFeature, Map as MapLibreMap, MapMouseEvent, PointLike } from "maplibre-gl";
import { BUILDING_FILL, BUILDING_POINT } from "./building-layers";
import { GRID_FILL, GROUND } from "./grid-layers";
import { INCIDENT_COUNT, INCIDENT_FEW, INCIDENT_POINT } from "./incident-layers";

export interface Hovered {
  /** Pixels from the top left of the map. */
  x: number;
  y: number;
  kind: "grid" | "building" | "incident";
  properties: Record<string, unknown>;
}

/** A circle is easier to hit with some pixels to spare. */
const REACH_PX = 3;

/** Return what lies topmost under the mouse: an incident, a building, else the grid. */
function findUnder(map: MapLibreMap, event: MapMouseEvent): { over: Hovered | null; grid: MapGeoJSONFeature | null } {
  const { x, y } = event.point;
  const reach: [PointLike, PointLike] = [
    [x - REACH_PX, y - REACH_PX],
    [x + REACH_PX, y + REACH_PX],
  ];
  const drawn = (layers: string[]) => layers.filter((layer) => map.getLayer(layer));
  const first = (area: PointLike | [PointLike, PointLike], layers: string[]) =>
    drawn(layers).length > 0 ? map.queryRenderedFeatures(area, { layers: drawn(layers) })[0] : undefined;
  const grid = first(event.point, [GRID_FILL]) ?? null;
  const said = (kind: Hovered["kind"], feature: MapGeoJSONFeature): Hovered => ({
    x,
    y,
    kind,
    properties: feature.properties,
  });
  const incident = first(reach, [INCIDENT_POINT, INCIDENT_COUNT, INCIDENT_FEW]);
  if (incident) {
    return { over: said("incident", incident), grid };
  }
  const building = first(event.point, [BUILDING_FILL, BUILDING_POINT]);
  if (building) {
    return { over: said("building", building), grid };
  }
  return { over: grid && said("grid", grid), grid };
}

/** Tell `hovered` what the mouse is over, and light up the grid there by its feature state. */
export function followHover(map: MapLibreMap, hovered: Signal<Hovered | null>): void {
  let lit: string | number | null = null;
  const light = (id: string | number | null) => {
    if (id === lit || !map.getSource(GROUND)) {
      return;
    }
    const state = (each: string | number, hover: boolean) =>
      map.setFeatureState({ source: GROUND, sourceLayer: "grids", id: each }, { hover });
    if (lit !== null) {
      state(lit, false);
    }
    if (id !== null) {
      state(id, true);
    }
    lit = id;
  };
  map.on("mousemove", (event) => {
    const { over, grid } = findUnder(map, event);
    hovered.value = over;
    light(grid?.id ?? null);
  });
  const leave = () => {
    hovered.value = null;
    light(null);
  };
  map.on("mouseout", leave);
  map.on("movestart", () => {
    hovered.value = null;
  });
}
