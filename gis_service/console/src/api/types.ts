/** The answers of the HTTP API that the console reads; longitude first, degrees, EPSG:4326. */

export interface Level {
  code: string;
  /** 0 is the root; a child ranks below its parent. */
  rank: number;
  name: string;
  name_en: string;
  /** First and last zoom at which tiles draw this level. */
  min_zoom: number;
  max_zoom: number;
}

export interface Edition {
  number: number;
  /** RFC 3339. */
  effective_from: string;
  published_at: string;
  note: string;
  /** How many. */
  grids: number;
}

/** A page of a list; `next` is the cursor of the page after it, null on the last. */
export type Page<Name extends string, Item> = { [name in Name]: Item[] } & { next: string | null };

export interface GridReference {
  code: string;
  name: string;
  level: string;
}

export type Match = "inside" | "edge" | "partial" | "outside";

export interface LocateAnswer {
  edition: number;
  point: { lon: number; lat: number };
  match: Match;
  owner: GridReference | null;
  /** Root first. */
  chain: GridReference[];
  tied_with: string[];
  nearest: { code: string; distance_m: number } | null;
}

export type GridKind = "standard" | "dedicated";

export interface GridProperties {
  code: string;
  name: string;
  level: string;
  parent: string | null;
  kind: GridKind;
  households: number | null;
}

export interface GridFeature {
  type: "Feature";
  geometry: GeoJSON.Polygon | GeoJSON.MultiPolygon;
  properties: GridProperties;
}

export type Severity = "general" | "larger" | "major";

export interface Incident {
  id: string;
  /** Top category, finer ones dotted: `dispute.property`. */
  category: string;
  severity: Severity;
  state: string;
  description: string;
  /** RFC 3339. */
  reported_at: string;
}

export interface IncidentPage {
  incidents: Incident[];
  /** An opaque cursor, or null on the last page. */
  next: string | null;
}

export type Bounds = [west: number, south: number, east: number, north: number];

/** TileJSON 3.0.0, as far as the console needs it. */
export interface TileJson {
  bounds: Bounds;
  minzoom: number;
  maxzoom: number;
  /** Codes of the levels that have grids in the edition. */
  levels?: string[];
  /** The source of the data, to be shown with it. */
  attribution?: string;
}

/** RFC 9457. */
export interface Problem {
  status: number;
  title: string;
  detail?: string;
  code?: string;
}
