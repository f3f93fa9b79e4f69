import type { LayerSpecification } from "maplibre-gl";
import { REGULAR } from "./faces";
import type { Palette } from "./palette";

export const BUILDING_FILL = "building-fill";
export const BUILDING_POINT = "building-point";

export function buildingLayers(palette: Palette): LayerSpecification[] {
  const source = { source: "buildings", "source-layer": "buildings" };
  return [
    {
      id: BUILDING_FILL,
      type: "fill",
      ...source,
      filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": palette.building, "fill-outline-color": palette.buildingLine },
    },
    {
      id: BUILDING_POINT,
      type: "circle",
      ...source,
      filter: ["==", ["geometry-type"], "Point"],
      paint: {
        "circle-color": palette.building,
        "circle-stroke-color": palette.buildingLine,
        "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 13, 0, 15, 1],
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 13, 1.2, 15, 2.2, 18, 6],
      },
    },
    {
      id: "building-label",
      type: "symbol",
      ...source,
      minzoom: 17,
      layout: {
        "text-field": ["coalesce", ["get", "name"], ""],
        "text-font": REGULAR,
        "text-size": 11,
        "text-padding": 6,
        // Below a point, but amid an area.
        "text-anchor": ["match", ["geometry-type"], "Point", "top", "center"],
        "text-offset": ["match", ["geometry-type"], "Point", ["literal", [0, 0.7]], ["literal", [0, 0]]],
      },
      paint: { "text-color": palette.labelSoft, "text-halo-color": palette.halo, "text-halo-width": 1.2 },
    },
  ];
}
