import type { IControl } from "maplibre-gl";

/** A button among the map's own that leads back to the whole ground. */
export class OverviewControl implements IControl {
  private readonly group = document.createElement("div");

  constructor(label: string, onPress: () => void) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "overview";
    button.title = label;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", onPress);
    this.group.className = "maplibregl-ctrl maplibregl-ctrl-group";
    this.group.append(button);
  }

  onAdd(): HTMLElement {
    return this.group;
  }

  onRemove(): void {
    this.group.remove();
  }
}
