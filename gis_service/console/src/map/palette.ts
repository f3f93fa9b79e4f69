import type { Severity } from "../api/types";
import type { Theme } from "../state/theme";

/** The colours of the map; those of the panels are in styles/tokens.css. */
export interface Palette {
  background: string;
  /** Four near tones, so that neighbours can be told apart and none of them shouts. */
  grids: readonly [string, string, string, string];
  dedicated: string;
  hover: string;
  /** The line of the level shown, then of its parent, and so on up; the last for all that lies above. */
  lines: readonly [string, string, string, string, string];
  label: string;
  labelSoft: string;
  halo: string;
  selected: string;
  selectedCasing: string;
  building: string;
  buildingLine: string;
  count: string;
  countText: string;
  severity: Record<Severity, string>;
  pointCasing: string;
}

const LIGHT: Palette = {
  background: "#f1f0ec",
  grids: ["#dde8e3", "#d4e2dc", "#e5eeea", "#ccdcd5"],
  dedicated: "#d9d3ee",
  hover: "#ffffff",
  lines: ["#8fada2", "#5f8c7e", "#34685a", "#1b4a3e", "#0a2a22"],
  label: "#1d3b33",
  labelSoft: "#4b665e",
  halo: "#f4f8f6",
  selected: "#1d4ed8",
  selectedCasing: "#ffffff",
  building: "#bdb5a6",
  buildingLine: "#968c7a",
  count: "#b4420a",
  countText: "#ffffff",
  severity: { general: "#ca8a04", larger: "#dd5b0c", major: "#c3122f" },
  pointCasing: "#ffffff",
};

const DARK: Palette = {
  background: "#0d1215",
  grids: ["#18272a", "#1b2c2f", "#152225", "#1f3235"],
  dedicated: "#2f2947",
  hover: "#7fa8a6",
  lines: ["#48686a", "#5b8a84", "#86bdb1", "#b4e3d6", "#ecfffa"],
  label: "#d7e8e3",
  labelSoft: "#9db8b1",
  halo: "#10191b",
  selected: "#8ab4ff",
  selectedCasing: "#0b1020",
  building: "#4a4d4b",
  buildingLine: "#6c706d",
  count: "#f59a52",
  countText: "#23130a",
  severity: { general: "#eab308", larger: "#fb7f36", major: "#ff5d73" },
  pointCasing: "#10191b",
};

export function paletteOf(theme: Theme): Palette {
  return theme === "light" ? LIGHT : DARK;
}
