import { signal } from "@preact/signals";
import { Icon } from "../bar/icons";
import { words } from "../state/language";
import { type LayerName, layerSwitches, switchLayer } from "../state/layers";
import { ground } from "../state/service";
import { token } from "../state/token";
import { Legend } from "./legend";

/** Open at once where there is room for it. */
const open = signal(window.matchMedia("(min-width: 1000px)").matches);

function LayerSwitch({
  name,
  label,
  note,
  offered,
}: {
  name: LayerName;
  label: string;
  note: string;
  offered: boolean;
}) {
  const on = offered && layerSwitches.value[name];
  return (
    <label class={`switch ${offered ? "" : "switch--off"}`}>
      <span class="switch__label">
        {label}
        <small>{offered ? note : words.value.layers.unavailable}</small>
      </span>
      <input
        type="checkbox"
        role="switch"
        checked={on}
        aria-checked={on}
        disabled={!offered}
        onChange={(event) => switchLayer(name, event.currentTarget.checked)}
      />
    </label>
  );
}

/** Layers on and off, and what the drawn ones mean. */
export function LayerPanel() {
  const said = words.value.layers;
  const now = ground.value;
  if (now === null) {
    return null;
  }
  return (
    <section class={`panel layers ${open.value ? "layers--open" : ""}`} aria-label={said.region}>
      <button
        type="button"
        class="layers__toggle"
        aria-expanded={open.value}
        aria-controls="layers-body"
        onClick={() => {
          open.value = !open.value;
        }}
      >
        <Icon name="layers" />
        <span>{said.title}</span>
        <span class="layers__arrow" aria-hidden="true" />
      </button>
      {open.value && (
        <div id="layers-body" class="layers__body">
          <LayerSwitch name="names" label={said.names} note="" offered />
          <LayerSwitch
            name="buildings"
            label={said.buildings}
            note={said.buildingsFrom}
            offered={now.buildings !== null}
          />
          <LayerSwitch
            name="incidents"
            label={said.incidents}
            note={token.value === null ? said.incidentsCounted : said.incidentsExact}
            offered={now.incidents !== null}
          />
          <Legend />
        </div>
      )}
    </section>
  );
}
