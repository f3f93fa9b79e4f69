import type { LayerSpecification } from "maplibre-gl";
import { REGULAR } from "./faces";
import type { Palette } from "./palette";

export const BUILDING_LAYERS = ["building-fill", "building-point"];

export function buildingLayers(palette: Palette): LayerSpecification[] {
  const source = { source: "buildings", "source-layer": "buildings" };
  return [
    {
      id: "building-fill",
      type: "fill",
      ...source,
      filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": palette.building, "fill-outline-color": palette.buildingLine },
    },
    {
      id: "building-point",
      type: "circle",
      ...source,
      filter: ["==", ["geometry-type"], "Point"],
      paint: {
        "circle-color": palette.building,
        "circle-stroke-color": palette.buildingLine,
        "circle-stroke-width": 1,
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 15, 2, 18, 5],
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
      },
      paint: { "text-color": palette.labelSoft, "text-halo-color": palette.halo, "text-halo-width": 1.2 },
    },
  ];
}
