import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { STRONG } from "./faces";
import type { Palette } from "./palette";

export const INCIDENT_COUNTS = ["incident-count", "incident-few"];
export const INCIDENT_POINT = "incident-point";

/** Counts per grid for everyone; exact points, which carry a category, for those who may see them. */
export function incidentLayers(palette: Palette): LayerSpecification[] {
  const source = { source: "incidents", "source-layer": "incidents" };
  const counted: ExpressionSpecification = ["!", ["has", "category"]];
  const below: [number, number] = [0, 17];
  return [
    {
      id: "incident-few",
      type: "circle",
      ...source,
      filter: ["all", counted, ["!", ["has", "count"]]],
      paint: {
        "circle-radius": 4.5,
        "circle-color": "rgba(0,0,0,0)",
        "circle-stroke-color": palette.count,
        "circle-stroke-width": 1.8,
        "circle-translate": below,
      },
    },
    {
      id: "incident-count",
      type: "circle",
      ...source,
      filter: ["all", counted, [">", ["coalesce", ["get", "count"], 0], 0]],
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 8, 10, 12, 40, 16],
        "circle-color": palette.count,
        "circle-stroke-color": palette.pointCasing,
        "circle-stroke-width": 1.5,
        "circle-translate": below,
      },
    },
    {
      id: "incident-number",
      type: "symbol",
      ...source,
      filter: ["all", counted, [">", ["coalesce", ["get", "count"], 0], 0]],
      layout: {
        "text-field": ["to-string", ["get", "count"]],
        "text-font": STRONG,
        "text-size": 11,
        "text-allow-overlap": true,
        "text-ignore-placement": true,
      },
      paint: { "text-color": palette.countText, "text-translate": below },
    },
    {
      id: INCIDENT_POINT,
      type: "circle",
      ...source,
      filter: ["has", "category"],
      layout: { "circle-sort-key": ["match", ["get", "severity"], "major", 2, "larger", 1, 0] },
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 2.5, 14, 4.5, 17, 7],
        "circle-color": [
          "match",
          ["get", "severity"],
          "major",
          palette.severity.major,
          "larger",
          palette.severity.larger,
          palette.severity.general,
        ],
        "circle-stroke-color": palette.pointCasing,
        "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 10, 0.6, 15, 1.5],
      },
    },
  ];
}
