import type { GeoJSONSourceSpecification, LayerSpecification } from "maplibre-gl";
import type { PlacePoint, Selection } from "../state/selection";
import { REGULAR } from "./faces";
import type { Palette } from "./palette";

const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

export function selectedGrid(selection: Selection | null): GeoJSONSourceSpecification {
  const grid = selection?.state === "found" ? selection.grid : null;
  return { type: "geojson", data: grid ? { type: "Feature", geometry: grid.geometry, properties: {} } : NOTHING };
}

export function selectedPoint(point: PlacePoint | null): GeoJSONSourceSpecification {
  const data: GeoJSON.GeoJSON =
    point === null
      ? NOTHING
      : { type: "Feature", geometry: { type: "Point", coordinates: [point.lon, point.lat] }, properties: {} };
  return { type: "geojson", data };
}

export function selectedLayers(palette: Palette): LayerSpecification[] {
  return [
    {
      id: "selected-fill",
      type: "fill",
      source: "selected",
      paint: { "fill-color": palette.selected, "fill-opacity": 0.1 },
    },
    {
      id: "selected-casing",
      type: "line",
      source: "selected",
      layout: { "line-join": "round" },
      paint: { "line-color": palette.selectedCasing, "line-width": 6, "line-opacity": 0.85 },
    },
    {
      id: "selected-line",
      type: "line",
      source: "selected",
      layout: { "line-join": "round" },
      paint: { "line-color": palette.selected, "line-width": 3 },
    },
  ];
}

export function pointLayers(palette: Palette): LayerSpecification[] {
  return [
    {
      id: "point-glow",
      type: "circle",
      source: "point",
      paint: { "circle-radius": 14, "circle-color": palette.selected, "circle-opacity": 0.22 },
    },
    {
      id: "point",
      type: "circle",
      source: "point",
      paint: {
        "circle-radius": 6,
        "circle-color": palette.selected,
        "circle-stroke-color": palette.selectedCasing,
        "circle-stroke-width": 2.5,
      },
    },
    {
      // Circles take no part in collisions; this unseen sign keeps names off the point.
      id: "point-room",
      type: "symbol",
      source: "point",
      layout: {
        "text-field": "●",
        "text-font": REGULAR,
        "text-size": 16,
        "text-padding": 2,
        "text-allow-overlap": true,
      },
      paint: { "text-opacity": 0 },
    },
  ];
}
