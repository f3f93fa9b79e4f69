import { signal } from "@preact/signals";
import { RefusedError } from "../api/client";
import type { GridFeature, Incident, LocateAnswer } from "../api/types";
import { readFragment, writeFragment } from "./fragment";
import { api } from "./service";
import { token } from "./token";

export interface PlacePoint {
  lon: number;
  lat: number;
}

/** Incidents of the shown grid: null without a token. */
export type IncidentList = { state: "loaded"; items: Incident[]; more: boolean } | { state: "failed" } | null;

export type Selection =
  | { state: "loading"; point: PlacePoint }
  | { state: "failed"; point: PlacePoint; reason: string | null }
  | {
      state: "found";
      point: PlacePoint;
      answer: LocateAnswer;
      /** The grid of the chain that is outlined: the owner at first, or what was picked in the chain. */
      grid: GridFeature | null;
      incidents: IncidentList;
    };

export const selection = signal<Selection | null>(null);

/** So many incidents fit the panel; the rest is for the list of the dispatcher. */
const INCIDENTS_SHOWN = 5;

let current = new AbortController();

/** Parse `lon,lat` of a link; null when it is no place on earth. */
export function parsePoint(text: string | null): PlacePoint | null {
  const parts = (text ?? "").split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const [lon, lat] = parts;
  if (parts.length !== 2 || lon === undefined || lat === undefined) {
    return null;
  }
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? { lon, lat } : null;
}

async function listIncidents(code: string, signal: AbortSignal): Promise<IncidentList> {
  if (token.value === null) {
    return null;
  }
  try {
    const page = await api.incidents(code, INCIDENTS_SHOWN, signal);
    return { state: "loaded", items: page.incidents, more: page.next !== null };
  } catch {
    return token.value === null ? null : { state: "failed" };
  }
}

/** Outline a grid of the chain and fetch what is known about it. */
async function describeGrid(code: string, signal: AbortSignal): Promise<void> {
  const [grid, incidents] = await Promise.all([
    api.grid(code, signal).catch(() => null),
    listIncidents(code, signal),
  ]);
  const found = selection.value;
  if (!signal.aborted && found?.state === "found") {
    selection.value = { ...found, grid, incidents };
  }
}

/** Ask who owns a point; a question still under way is given up. */
export async function selectPoint(point: PlacePoint): Promise<void> {
  current.abort();
  current = new AbortController();
  const { signal } = current;
  writeFragment({ point: `${point.lon.toFixed(6)},${point.lat.toFixed(6)}` });
  selection.value = { state: "loading", point };
  try {
    const answer = await api.locate(point.lon, point.lat, signal);
    if (signal.aborted) {
      return;
    }
    selection.value = { state: "found", point, answer, grid: null, incidents: null };
    if (answer.owner) {
      await describeGrid(answer.owner.code, signal);
    }
  } catch (error) {
    if (!signal.aborted) {
      const reason = error instanceof RefusedError ? error.message : null;
      selection.value = { state: "failed", point, reason };
    }
  }
}

/** Outline another grid than the owner: one of the chain, a neighbour, the nearest. */
export async function showGrid(code: string): Promise<GridFeature | null> {
  current.abort();
  current = new AbortController();
  await describeGrid(code, current.signal);
  return selection.value?.state === "found" ? selection.value.grid : null;
}

/** Select the point once more, when the answer may have changed: another token, another edition. */
export function askAgain(): void {
  const point = selection.value?.point;
  if (point) {
    void selectPoint(point);
  }
}

export function clearSelection(): void {
  current.abort();
  selection.value = null;
  writeFragment({ point: null });
}

/** Select what the link names, now and whenever the link is changed by hand. */
export function followLink(): () => void {
  const turn = () => {
    const point = parsePoint(readFragment(window.location.hash).get("point"));
    if (point) {
      void selectPoint(point);
    }
  };
  turn();
  window.addEventListener("hashchange", turn);
  return () => window.removeEventListener("hashchange", turn);
}
