import { signal } from "@preact/signals";

/** What the reader may switch off; the grids themselves are the map. */
export type LayerName = "names" | "buildings" | "incidents";

export type LayerSwitches = Record<LayerName, boolean>;

export const layerSwitches = signal<LayerSwitches>({ names: true, buildings: true, incidents: true });

export function switchLayer(name: LayerName, on: boolean): void {
  layerSwitches.value = { ...layerSwitches.value, [name]: on };
}
