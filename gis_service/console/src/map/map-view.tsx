import { effect, signal, useSignalEffect } from "@preact/signals";
import {
  type FitBoundsOptions,
  Map as MapLibreMap,
  type MapMouseEvent,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { useEffect, useRef } from "preact/hooks";
import type { Bounds } from "../api/types";
import { readFragment } from "../state/fragment";
import { language, words } from "../state/language";
import { layerSwitches } from "../state/layers";
import { clearSelection, type PlacePoint, parsePoint, selection, selectPoint } from "../state/selection";
import { api, ground } from "../state/service";
import { theme } from "../state/theme";
import { refuseToken, token } from "../state/token";
import { boundsOf } from "./bounds";
import { followHover, type Hovered } from "./hover";
import { OverviewControl } from "./overview-control";
import { withToken } from "./requests";
import { findShown, shown } from "./shown";
import { buildStyle } from "./style";

setWorkerUrl(new URL(workerUrl, document.baseURI).href);

/** What lies under the mouse, or null. */
export const hovered = signal<Hovered | null>(null);
/** False where the browser cannot draw. */
export const drawable = signal(true);

/** A link that names a point and no view opens as near as this: the grid and its neighbours are seen. */
const POINT_ZOOM = 15;

let map: MapLibreMap | null = null;

/** On a narrow page the panel is a sheet at the bottom; styles/panel.css says the same. */
function isNarrow(): boolean {
  return window.matchMedia("(max-width: 720px)").matches;
}

/** Where there is room, the layers are open; panel/layer-panel.tsx says the same. */
function isWide(): boolean {
  return window.matchMedia("(min-width: 1000px)").matches;
}

/** Room that the panels take from the map, so that what is shown is not hidden behind them. */
function padding() {
  return isNarrow()
    ? { top: 64, right: 24, bottom: Math.round(window.innerHeight * 0.48), left: 24 }
    : { top: 32, right: isWide() ? 272 : 60, bottom: 40, left: 372 };
}

/** The same while nothing is selected: the panel is but a hint in a corner. */
function idlePadding() {
  return isNarrow()
    ? { top: 64, right: 24, bottom: 124, left: 24 }
    : { top: 32, right: isWide() ? 272 : 40, bottom: 40, left: isWide() ? 372 : 40 };
}

/** Move the map so that a grid, or an edition's whole ground, can be seen. */
export function showOnMap(shape: GeoJSON.Geometry): void {
  map?.fitBounds(boundsOf(shape), { padding: padding(), maxZoom: 17, duration: 600 });
}

function showGround(bounds: Bounds, options: FitBoundsOptions): void {
  const room = selection.value === null ? idlePadding() : padding();
  map?.fitBounds(bounds, { ...options, padding: room });
}

function createMap(container: HTMLElement): MapLibreMap {
  const created = new MapLibreMap({
    container,
    hash: "map",
    center: [102.75, 25.1],
    zoom: 9,
    maxZoom: 19.9,
    minZoom: 4,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    attributionControl: false,
    fadeDuration: 120,
    locale: locale(),
    transformRequest: (url) => withToken(url, window.location.origin, token.value),
  });
  created.touchZoomRotate.disableRotation();
  created.keyboard.disableRotation();
  created.on("idle", () => {
    shown.value = findShown(created, ground.value?.levels ?? []);
  });
  created.on("error", ({ error }) => {
    // A tile that is missing for a moment is asked for again when the map moves; a token that ran out is not.
    if ("status" in error && error.status === 401) {
      refuseToken();
    }
  });
  created.on("click", (event: MapMouseEvent) => {
    void selectPoint({ lon: event.lngLat.lng, lat: event.lngLat.lat });
  });
  created.getCanvas().addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      const centre = created.getCenter();
      void selectPoint({ lon: centre.lng, lat: centre.lat });
    } else if (event.key === "Escape") {
      clearSelection();
    }
  });
  followHover(created, hovered);
  return created;
}

function locale(): Record<string, string> {
  const { map: said } = words.value;
  return {
    "Map.Title": said.label,
    "NavigationControl.ZoomIn": said.zoomIn,
    "NavigationControl.ZoomOut": said.zoomOut,
    "NavigationControl.ResetBearing": said.north,
    "ScaleControl.Meters": said.meters,
    "ScaleControl.Kilometers": said.kilometers,
  };
}

function currentStyle() {
  return buildStyle({
    theme: theme.value,
    ground: ground.value,
    switches: layerSwitches.value,
    selection: selection.value,
    words: words.value,
    tiles: (edition, layers, query) => api.tiles(edition, layers, query),
  });
}

/** The controls carry words, so another language makes them anew. */
function followControls(on: MapLibreMap): () => void {
  return effect(() => {
    const said = locale();
    Object.assign(on._locale, said);
    on.getCanvas().setAttribute("aria-label", said["Map.Title"] ?? "");
    const controls = [
      new ScaleControl({ maxWidth: 110, unit: "metric" }),
      new NavigationControl({ showCompass: false }),
      new OverviewControl(words.value.map.overview, () => {
        if (ground.value) {
          showGround(ground.value.bounds, { duration: 600 });
        }
      }),
    ] as const;
    on.addControl(controls[0], "bottom-left");
    on.addControl(controls[1], "bottom-right");
    on.addControl(controls[2], "bottom-right");
    return () => {
      for (const control of controls) {
        on.removeControl(control);
      }
    };
  });
}

/** Draw what the state says; MapLibre works out the difference, once it has the first style whole. */
function followStyle(on: MapLibreMap): () => void {
  const begun = signal(false);
  on.setStyle(currentStyle());
  on.once("style.load", () => {
    begun.value = true;
  });
  return effect(() => {
    const style = currentStyle();
    if (begun.value) {
      on.setStyle(style, { diff: true });
    }
  });
}

/** Move the map when the panel that tells about the selected point would hide it. */
function followPoint(on: MapLibreMap): () => void {
  let seen: PlacePoint | null = null;
  return effect(() => {
    const point = selection.value?.point ?? null;
    if (point === null || point === seen) {
      seen = point;
      return;
    }
    seen = point;
    const room = padding();
    const { clientWidth: width, clientHeight: height } = on.getContainer();
    const { x, y } = on.project([point.lon, point.lat]);
    const [left, top, right, bottom] = [room.left, room.top, width - room.right, height - room.bottom];
    const onScreen = x >= 0 && y >= 0 && x <= width && y <= height;
    const behindPanel = isNarrow() ? y > bottom : x < left;
    if (!onScreen || !behindPanel) {
      return;
    }
    // On a wide page a step aside is enough; under the sheet the whole free part is small, and its middle best.
    on.panBy(isNarrow() ? [x - (left + right) / 2, y - (top + bottom) / 2] : [x - left, 0], { duration: 400 });
  });
}

export function MapView() {
  const container = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (container.current === null) {
      return;
    }
    const link = readFragment(window.location.hash);
    const linkedPoint = parsePoint(link.get("point"));
    let created: MapLibreMap;
    try {
      created = createMap(container.current);
    } catch {
      drawable.value = false;
      return;
    }
    map = created;
    let placed = link.has("map");
    if (!placed && linkedPoint !== null) {
      created.jumpTo({ center: linkedPoint, zoom: POINT_ZOOM });
      placed = true;
    }
    const stops = [
      followStyle(created),
      followPoint(created),
      effect(() => {
        // Tiles already there were fetched with the rights of before.
        void token.value;
        if (created.getSource("incidents")) {
          created.refreshTiles("incidents");
        }
      }),
      effect(() => {
        const bounds = ground.value?.bounds;
        if (bounds && !placed) {
          placed = true;
          showGround(bounds, { animate: false });
        }
      }),
      followControls(created),
    ];
    return () => {
      for (const stop of stops) {
        stop();
      }
      map = null;
      created.remove();
    };
  }, []);
  useSignalEffect(() => {
    container.current?.classList.toggle("map--pointing", hovered.value !== null);
  });
  return <div class="map" ref={container} lang={language.value === "zh" ? "zh-CN" : "en"} />;
}
