import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { STRONG } from "./faces";
import type { Palette } from "./palette";

export const INCIDENT_COUNT = "incident-count";
export const INCIDENT_FEW = "incident-few";
export const INCIDENT_POINT = "incident-point";

const INCIDENTS = { source: "incidents", "source-layer": "incidents" };

/** A count for each grid, on the point where its name would stand, for everyone. */
export function countLayers(palette: Palette): LayerSpecification[] {
  const counted: ExpressionSpecification = ["!", ["has", "category"]];
  const few: ExpressionSpecification = ["all", counted, ["!", ["has", "count"]]];
  const many: ExpressionSpecification = ["all", counted, [">", ["coalesce", ["get", "count"], 0], 0]];
  return [
    {
      id: INCIDENT_FEW,
      type: "circle",
      ...INCIDENTS,
      filter: few,
      paint: {
        "circle-radius": 7.5,
        "circle-color": palette.halo,
        "circle-stroke-color": palette.count,
        "circle-stroke-width": 1.8,
      },
    },
    {
      id: INCIDENT_COUNT,
      type: "circle",
      ...INCIDENTS,
      filter: many,
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 8, 10, 11.5, 30, 13, 75, 15.5],
        "circle-color": palette.count,
        "circle-stroke-color": palette.pointCasing,
        "circle-stroke-width": 1.5,
      },
    },
    {
      // Circles take no part in collisions; the figure stands for its circle, with the rest of it as padding, and
      // being the topmost symbol it is placed first: names give way.
      id: "incident-number",
      type: "symbol",
      ...INCIDENTS,
      filter: ["any", few, many],
      layout: {
        "text-field": ["case", ["has", "count"], ["to-string", ["get", "count"]], "…"],
        "text-font": STRONG,
        "text-size": 11,
        "text-padding": 4,
        "text-allow-overlap": true,
      },
      paint: { "text-color": ["case", ["has", "count"], palette.countText, palette.count] },
    },
  ];
}

/** Each incident where it happened, for those who may see it; thousands of them stay small and thin from afar. */
export function incidentPoints(palette: Palette): LayerSpecification[] {
  return [
    {
      id: INCIDENT_POINT,
      type: "circle",
      ...INCIDENTS,
      filter: ["has", "category"],
      layout: { "circle-sort-key": ["match", ["get", "severity"], "major", 2, "larger", 1, 0] },
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 1.8, 13, 3, 15, 4.5, 17, 7],
        "circle-color": [
          "match",
          ["get", "severity"],
          "major",
          palette.severity.major,
          "larger",
          palette.severity.larger,
          palette.severity.general,
        ],
        "circle-opacity": ["interpolate", ["linear"], ["zoom"], 11, 0.6, 14, 1],
        "circle-stroke-color": palette.pointCasing,
        "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 12, 0, 15, 1.5],
      },
    },
  ];
}
