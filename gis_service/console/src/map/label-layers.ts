import type {
  ExpressionSpecification,
  LayerSpecification,
  VariableAnchorOffsetCollectionSpecification as Places,
} from "maplibre-gl";
import type { Words } from "../words/zh";
import { STRONG } from "./faces";
import { GROUND } from "./grid-layers";
import type { Palette } from "./palette";

/**
 * Where a name may stand, by rank: on its point, or beside the count that has taken the point, in ems that clear the
 * widest circle. Not off its corners: there a name seems to belong to the next count as well.
 */
const PLACES: Places = ["center", [0, 0], "bottom", [0, -1.5], "left", [1.3, 0], "right", [-1.3, 0], "top", [0, 1.5]];

export function labelLayers(palette: Palette, words: Words): LayerSpecification[] {
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
        // A unit grid is wide enough for its name from 15 on; further out two lines take less of it.
        "text-max-width": ["step", ["zoom"], 7, 15, 13],
        "text-padding": 1,
        "text-variable-anchor-offset": PLACES,
        "text-justify": "auto",
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
