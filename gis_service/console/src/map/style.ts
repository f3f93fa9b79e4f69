import type { LayerSpecification, SourceSpecification, StyleSpecification } from "maplibre-gl";
import type { LayerSwitches } from "../state/layers";
import type { Selection } from "../state/selection";
import type { Ground, ZoomRange } from "../state/service";
import type { Theme } from "../state/theme";
import type { Words } from "../words/zh";
import { buildingLayers } from "./building-layers";
import { GROUND, gridFill, gridHover, gridLine, outlineId, outlineLayer } from "./grid-layers";
import { countLayers, incidentPoints } from "./incident-layers";
import { labelLayers } from "./label-layers";
import { findOutlines } from "./levels";
import { type Palette, paletteOf } from "./palette";
import { pointLayers, selectedGrid, selectedLayers, selectedPoint } from "./selection-layers";

export interface StyleInput {
  theme: Theme;
  ground: Ground | null;
  switches: LayerSwitches;
  selection: Selection | null;
  words: Words;
  /** The address template of tiles. */
  tiles: (edition: number, layers: string, query?: string) => string;
}

/** Build the whole map as a value: MapLibre works out what changed since the last one. */
export function buildStyle(input: StyleInput): StyleSpecification {
  const palette = paletteOf(input.theme);
  const style: StyleSpecification = {
    version: 8,
    name: "gis-service",
    sources: { selected: selectedGrid(input.selection), point: selectedPoint(input.selection?.point ?? null) },
    layers: [{ id: "background", type: "background", paint: { "background-color": palette.background } }],
  };
  if (input.ground !== null) {
    Object.assign(style.sources, sourcesOf(input.ground, input));
    style.layers.push(...groundLayers(input.ground, input, palette));
  }
  style.layers.push(...pointLayers(palette));
  return style;
}

function sourcesOf(ground: Ground, { tiles, switches }: StyleInput): Record<string, SourceSpecification> {
  const edition = ground.edition.number;
  const vector = (zooms: ZoomRange, layers: string, query = ""): SourceSpecification => ({
    type: "vector",
    tiles: [tiles(edition, layers, query)],
    bounds: ground.bounds,
    minzoom: zooms.minzoom,
    maxzoom: zooms.maxzoom,
  });
  const sources: Record<string, SourceSpecification> = { [GROUND]: vector(ground.grids, "grids,grid_labels") };
  for (const { level, steps } of findOutlines(ground.levels)) {
    const zooms = { ...ground.grids, minzoom: Math.min(steps[0]?.zoom ?? 0, ground.grids.maxzoom) };
    sources[outlineId(level.code)] = vector(zooms, "grids", `?level=${encodeURIComponent(level.code)}`);
  }
  if (ground.buildings && switches.buildings) {
    sources.buildings = vector(ground.buildings, "buildings");
  }
  if (ground.incidents && switches.incidents) {
    sources.incidents = vector(ground.incidents, "incidents");
  }
  return sources;
}

function groundLayers(
  ground: Ground,
  { switches, words, selection }: StyleInput,
  palette: Palette,
): LayerSpecification[] {
  const incidents = ground.incidents !== null && switches.incidents;
  return [
    gridFill(palette),
    gridHover(palette),
    ...(ground.buildings && switches.buildings ? buildingLayers(palette) : []),
    gridLine(palette),
    // The root's outline lies on top: where several coincide the heaviest shows.
    ...findOutlines(ground.levels)
      .map((outline) => outlineLayer(outline, palette))
      .reverse(),
    ...(selection?.state === "found" ? selectedLayers(palette) : []),
    ...(incidents ? incidentPoints(palette) : []),
    ...(switches.names ? labelLayers(palette, words) : []),
    ...(incidents ? countLayers(palette) : []),
  ];
}
