import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import type { Words } from "../words/zh";
import { STRONG } from "./faces";
import { GROUND } from "./grid-layers";
import type { Palette } from "./palette";

export function labelLayers(palette: Palette, words: Words, besideCounts: boolean): LayerSpecification[] {
  const households: ExpressionSpecification = [
    "case",
    ["has", "households"],
    ["concat", "\n", ...householdText(words)],
    "",
  ];
  return [
    {
      id: "grid-label",
      type: "symbol",
      source: GROUND,
      "source-layer": "grid_labels",
      layout: {
        "text-field": [
          "step",
          ["zoom"],
          ["get", "name"],
          15,
          ["format", ["get", "name"], {}, households, { "font-scale": 0.82, "text-color": palette.labelSoft }],
        ],
        "text-font": STRONG,
        "text-size": ["interpolate", ["linear"], ["zoom"], 9, 12, 16, 14],
        "text-line-height": 1.35,
        "text-max-width": 7,
        "text-padding": 4,
        // Where a count stands on the same point, the name goes above it.
        "text-anchor": besideCounts ? "bottom" : "center",
      },
      paint: { "text-color": palette.label, "text-halo-color": palette.halo, "text-halo-width": 1.6 },
    },
  ];
}

/** `412 户`, cut out of the sentence for a count so that each language keeps its order. */
function householdText(words: Words): ExpressionSpecification[] {
  const [before = "", after = ""] = words.owner.householdCount("|").split("|");
  return [
    ["to-string", before],
    ["to-string", ["get", "households"]],
    ["to-string", after],
  ] as ExpressionSpecification[];
}
