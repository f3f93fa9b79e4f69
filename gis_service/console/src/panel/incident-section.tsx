import type { Incident } from "../api/types";
import { words } from "../state/language";
import type { IncidentList } from "../state/selection";
import { formatMoment, nameOfCategory } from "../words/format";

function IncidentRow({ incident }: { incident: Incident }) {
  const said = words.value;
  return (
    <li class="incident">
      <span class={`dot dot--${incident.severity}`} role="img" aria-label={said.severity[incident.severity]} />
      <span class="incident__what">
        <span class="incident__category">{nameOfCategory(incident.category, said)}</span>
        <span class="incident__text">{incident.description}</span>
      </span>
      <span class="incident__when">
        <span>{said.incidentState[incident.state] ?? incident.state}</span>
        <time dateTime={incident.reported_at}>{formatMoment(incident.reported_at)}</time>
      </span>
    </li>
  );
}

/** The newest incidents of the outlined grid; nothing without a token. */
export function IncidentSection({ list }: { list: IncidentList }) {
  const said = words.value.incidents;
  if (list === null) {
    return null;
  }
  return (
    <section class="block">
      <h3>{said.title}</h3>
      {list.state === "failed" && <p class="block__note">{said.failed}</p>}
      {list.state === "loaded" && list.items.length === 0 && <p class="block__note">{said.none}</p>}
      {list.state === "loaded" && list.items.length > 0 && (
        <ul class="incidents">
          {list.items.map((incident) => (
            <IncidentRow key={incident.id} incident={incident} />
          ))}
        </ul>
      )}
      {list.state === "loaded" && list.more && <p class="block__note">{said.more}</p>}
    </section>
  );
}
