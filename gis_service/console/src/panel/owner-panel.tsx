import type { ComponentChildren } from "preact";
import type { LocateAnswer } from "../api/types";
import { Icon } from "../bar/icons";
import { showOnMap } from "../map/map-view";
import { language, words } from "../state/language";
import { clearSelection, type Selection, selection, selectPoint, showGrid } from "../state/selection";
import { formatCount, formatDistance } from "../words/format";
import { Chain } from "./chain";
import { Coordinates } from "./coordinates";
import { CopyButton } from "./copy-button";
import { IncidentSection } from "./incident-section";

type Found = Extract<Selection, { state: "found" }>;

/** Outline a grid and bring it into view. */
async function visit(code: string): Promise<void> {
  const grid = await showGrid(code);
  if (grid) {
    showOnMap(grid.geometry);
  }
}

function Idle() {
  const said = words.value.owner;
  return (
    <div class="hint">
      <Icon name="pin" />
      <div>
        <h2>{said.idleTitle}</h2>
        <p>{said.idleText}</p>
        <p class="hint__keys">{said.idleKeys}</p>
      </div>
    </div>
  );
}

function Head({ children }: { children: ComponentChildren }) {
  return (
    <div class="owner__head">
      {children}
      <button type="button" class="tool tool--small" aria-label={words.value.owner.close} onClick={clearSelection}>
        <Icon name="close" />
      </button>
    </div>
  );
}

function MatchBadge({ answer }: { answer: LocateAnswer }) {
  return <span class={`match match--${answer.match}`}>{words.value.match[answer.match]}</span>;
}

function Owner({ found }: { found: Found }) {
  const { owner } = found.answer;
  if (owner === null) {
    return <h2 class="owner__name">{words.value.owner.nobody}</h2>;
  }
  return (
    <>
      <h2 class="owner__name">{owner.name}</h2>
      <p class="owner__code">
        <code>{owner.code}</code>
        <CopyButton text={owner.code} />
      </p>
    </>
  );
}

function Facts({ found }: { found: Found }) {
  const said = words.value.owner;
  const grid = found.grid?.properties;
  if (!grid) {
    return null;
  }
  return (
    <dl class="facts">
      {grid.code !== found.answer.owner?.code && (
        <div>
          <dt>{words.value.legend.selected}</dt>
          <dd>{grid.name}</dd>
        </div>
      )}
      {grid.households !== null && (
        <div>
          <dt>{said.households}</dt>
          <dd>{formatCount(grid.households, language.value)}</dd>
        </div>
      )}
      {grid.kind === "dedicated" && (
        <div>
          <dt>{said.kind}</dt>
          <dd>{said.dedicated}</dd>
        </div>
      )}
    </dl>
  );
}

function Neighbours({ answer }: { answer: LocateAnswer }) {
  const said = words.value.owner;
  if (answer.tied_with.length === 0) {
    return null;
  }
  return (
    <section class="block">
      <h3>{said.tied}</h3>
      <ul class="codes">
        {answer.tied_with.map((code) => (
          <li key={code}>
            <button type="button" class="code-button" aria-label={said.show(code)} onClick={() => visit(code)}>
              {code}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Nearest({ answer }: { answer: LocateAnswer }) {
  const said = words.value.owner;
  const { nearest } = answer;
  if (nearest === null) {
    return null;
  }
  return (
    <section class="block">
      <h3>{said.nearest(formatDistance(nearest.distance_m, language.value, words.value))}</h3>
      <ul class="codes">
        <li>
          <button
            type="button"
            class="code-button"
            aria-label={said.show(nearest.code)}
            onClick={() => visit(nearest.code)}
          >
            {nearest.code}
          </button>
        </li>
      </ul>
    </section>
  );
}

function Answer({ found }: { found: Found }) {
  const { answer } = found;
  const explained = words.value.matchText[answer.match];
  return (
    <>
      <Head>
        <MatchBadge answer={answer} />
      </Head>
      <Owner found={found} />
      {explained && <p class="owner__explained">{explained}</p>}
      <Facts found={found} />
      <Chain answer={answer} outlined={found.grid?.properties.code ?? null} onShow={visit} />
      <Neighbours answer={answer} />
      <Nearest answer={answer} />
      <Coordinates point={found.point} />
      <IncidentSection list={found.incidents} />
      <p class="owner__from">{words.value.owner.from(answer.edition)}</p>
    </>
  );
}

function Loading() {
  return (
    <>
      <Head>
        <span class="match match--loading">{words.value.owner.loading}</span>
      </Head>
      <div class="skeleton" aria-hidden="true">
        <i class="skeleton__name" />
        <i />
        <i />
        <i />
      </div>
    </>
  );
}

function Failed({ failed }: { failed: Extract<Selection, { state: "failed" }> }) {
  return (
    <>
      <Head>
        <span class="match match--failed">{words.value.owner.failed}</span>
      </Head>
      <p class="owner__explained">{failed.reason ?? words.value.state.awayText}</p>
      <button type="button" class="button" onClick={() => selectPoint(failed.point)}>
        {words.value.owner.retry}
      </button>
      <Coordinates point={failed.point} />
    </>
  );
}

/** Say who owns the selected point. */
export function OwnerPanel() {
  const now = selection.value;
  return (
    <aside
      class={`panel owner ${now === null ? "owner--idle" : ""}`}
      aria-label={words.value.owner.region}
      aria-live="polite"
      aria-busy={now?.state === "loading"}
    >
      {now === null && <Idle />}
      {now?.state === "loading" && <Loading />}
      {now?.state === "failed" && <Failed failed={now} />}
      {now?.state === "found" && <Answer found={now} />}
    </aside>
  );
}
