import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import type { Outline } from "./levels";
import type { Palette } from "./palette";

/** Source of the shown grids and their labels: what hover and click ask for. */
export const GROUND = "ground";
export const GRID_FILL = "grid-fill";

/** The layer, and the source, of an upper level's outline. */
export function outlineId(level: string): string {
  return `outline-${level}`;
}

export function gridFill(palette: Palette): LayerSpecification {
  const [first, second, third, fourth] = palette.grids;
  return {
    id: GRID_FILL,
    type: "fill",
    source: GROUND,
    "source-layer": "grids",
    paint: {
      "fill-antialias": false,
      "fill-color": [
        "case",
        ["==", ["get", "kind"], "dedicated"],
        palette.dedicated,
        ["match", ["%", ["to-number", ["id"], 0], 4], 0, first, 1, second, 2, third, fourth],
      ],
    },
  };
}

export function gridHover(palette: Palette): LayerSpecification {
  return {
    id: "grid-hover",
    type: "fill",
    source: GROUND,
    "source-layer": "grids",
    paint: {
      "fill-color": palette.hover,
      "fill-opacity": ["case", ["boolean", ["feature-state", "hover"], false], 0.45, 0],
    },
  };
}

export function gridLine(palette: Palette): LayerSpecification {
  return {
    id: "grid-line",
    type: "line",
    source: GROUND,
    "source-layer": "grids",
    layout: { "line-join": "round" },
    paint: { "line-color": palette.lines[0], "line-width": ["interpolate", ["linear"], ["zoom"], 9, 1.1, 16, 1.5] },
  };
}

/** The outline of an upper level: the further above the shown level it stands, the heavier. */
export function outlineLayer({ level, steps }: Outline, palette: Palette): LayerSpecification {
  const from = Math.min(...steps.map((step) => step.zoom));
  const byStep = <Worth extends string | number>(
    worthOf: (above: number) => Worth,
  ): ExpressionSpecification | Worth => {
    const [first, ...rest] = steps;
    const start = worthOf(first?.above ?? 1);
    const stops = rest.flatMap((step) => [step.zoom, worthOf(step.above)]);
    return stops.length > 0 ? (["step", ["zoom"], start, ...stops] as unknown as ExpressionSpecification) : start;
  };
  return {
    id: outlineId(level.code),
    type: "line",
    source: outlineId(level.code),
    "source-layer": "grids",
    minzoom: from,
    layout: { "line-join": "round" },
    paint: {
      "line-color": byStep((above) => outlineColour(above, palette)),
      "line-width": byStep((above) => outlineWidth(above)),
    },
  };
}

/** Pixels of an outline that stands so many levels above the shown one. */
export function outlineWidth(above: number): number {
  return [0.9, 1.8, 2.6, 3.4, 4.6][Math.min(above, 4)] ?? 4.6;
}

/** The colour of an outline that stands so many levels above the shown one. */
export function outlineColour(above: number, palette: Palette): string {
  return palette.lines[Math.min(above, 4) as 0 | 1 | 2 | 3 | 4];
}
