import type { Hovered } from "../map/hover";
import { hovered } from "../map/map-view";
import { language, words } from "../state/language";
import { ground } from "../state/service";
import { formatCount, nameOfCategory, nameOfLevel } from "../words/format";

function text(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}

/** Return the bold and the soft lines about what lies under the mouse. */
export function describeHovered({ kind, properties }: Hovered): { title: string; notes: string[] } {
  const said = words.value;
  const households =
    typeof properties.households === "number"
      ? said.owner.householdCount(formatCount(properties.households, language.value))
      : "";
  if (kind === "grid") {
    const level = ground.value?.levels.find((each) => each.code === properties.level);
    const place = level ? nameOfLevel(level, language.value) : text(properties.level);
    const dedicated = properties.kind === "dedicated" ? said.owner.dedicated : "";
    return { title: text(properties.name), notes: [`${place} ${text(properties.code)}`, households, dedicated] };
  }
  if (kind === "building") {
    const storeys = typeof properties.storeys === "number" ? said.building(properties.storeys) : "";
    return {
      title: text(properties.name) || said.legend.building,
      notes: [text(properties.code), storeys, households],
    };
  }
  if (properties.category === undefined) {
    const { count } = properties;
    const title =
      typeof count === "number" ? said.incidents.count(formatCount(count, language.value)) : said.incidents.few;
    return { title, notes: [text(properties.grid)] };
  }
  const severity = said.severity[properties.severity as keyof typeof said.severity] ?? text(properties.severity);
  const state = said.incidentState[text(properties.state)] ?? text(properties.state);
  return { title: nameOfCategory(text(properties.category), said), notes: [severity, state] };
}

/** A card beside the mouse; touch has none, and readers have the panel. */
export function HoverCard() {
  const over = hovered.value;
  if (over === null) {
    return null;
  }
  const { title, notes } = describeHovered(over);
  const said = notes.filter((note) => note !== "");
  // Beside the right edge the card turns to the other side of the mouse.
  const turned = over.x > window.innerWidth - 260;
  return (
    <div
      class={`hover ${turned ? "hover--turned" : ""}`}
      style={{ left: `${over.x}px`, top: `${over.y}px` }}
      aria-hidden="true"
    >
      <strong>{title}</strong>
      {said.map((note) => (
        <span key={note}>{note}</span>
      ))}
    </div>
  );
}
