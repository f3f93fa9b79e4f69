import { signal } from "@preact/signals";
import { ApiClient, RefusedError } from "../api/client";
import type { Bounds, Edition, Level } from "../api/types";
import { refuseToken, token } from "./token";

export const api = new ApiClient(new URL(".", document.baseURI).href, () => token.value, refuseToken);

/** The zooms at which the tiles of a layer exist. */
export interface ZoomRange {
  minzoom: number;
  maxzoom: number;
}

/** What is needed to draw an edition; it is replaced as a whole. */
export interface Ground {
  edition: Edition;
  /** Those that have grids in the edition; by rank, root first. */
  levels: Level[];
  bounds: Bounds;
  /** The source of the data; empty when there is none to name. */
  attribution: string;
  grids: ZoomRange;
  /** Null where the service does not offer the layer. */
  buildings: ZoomRange | null;
  incidents: ZoomRange | null;
}

/** `starting` until the first answer; `empty` while no edition is in force; `away` while nothing answers. */
export type ServiceState = "starting" | "ready" | "empty" | "away";

export const serviceState = signal<ServiceState>("starting");
export const ground = signal<Ground | null>(null);
/** The number of an edition that came into force while the page was open; null once said. */
export const announced = signal<number | null>(null);

/** A publish shows within a minute; while the service is away, or empty, we look more often. */
const POLL_MS = 60_000;
const RETRY_MS = 5_000;

/** Return the newest edition whose time has come, or null. */
export function findInForce(editions: Edition[], now: Date): Edition | null {
  const begun = editions.filter((edition) => new Date(edition.effective_from) <= now);
  return begun.reduce<Edition | null>((newest, each) => (each.number > (newest?.number ?? 0) ? each : newest), null);
}

async function findLayer(edition: number, layers: string): Promise<ZoomRange | null> {
  try {
    return await api.tileJson(edition, layers);
  } catch (error) {
    if (error instanceof RefusedError && error.status === 404) {
      return null;
    }
    throw error;
  }
}

async function loadGround(edition: Edition): Promise<Ground> {
  const [levels, grids, buildings, incidents] = await Promise.all([
    api.levels(),
    api.tileJson(edition.number, "grids,grid_labels"),
    findLayer(edition.number, "buildings"),
    findLayer(edition.number, "incidents"),
  ]);
  const drawn = levels
    .filter((level) => grids.levels === undefined || grids.levels.includes(level.code))
    .sort((one, other) => one.rank - other.rank);
  return {
    edition,
    levels: drawn,
    bounds: grids.bounds,
    attribution: grids.attribution ?? "",
    grids,
    buildings,
    incidents,
  };
}

/** Ask for the edition in force and, when it is another than the one shown, load what draws it. */
export async function refreshGround(): Promise<void> {
  try {
    const newest = findInForce(await api.editions(), new Date());
    if (newest === null) {
      ground.value = null;
      serviceState.value = "empty";
      return;
    }
    const shown = ground.value?.edition.number ?? null;
    if (shown !== newest.number) {
      ground.value = await loadGround(newest);
      announced.value = shown === null ? null : newest.number;
    }
    serviceState.value = "ready";
  } catch {
    serviceState.value = "away";
  }
}

/** Follow the edition in force for as long as the page is open; the answer stops it. */
export function followGround(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const turn = async () => {
    await refreshGround();
    if (!stopped) {
      timer = setTimeout(turn, serviceState.value === "ready" ? POLL_MS : RETRY_MS);
    }
  };
  void turn();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
