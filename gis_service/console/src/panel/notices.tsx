import { useSignalEffect } from "@preact/signals";
import { Icon } from "../bar/icons";
import { drawable } from "../map/map-view";
import { words } from "../state/language";
import { announced, ground, refreshGround, serviceState } from "../state/service";
import { tokenRefused } from "../state/token";

/** How long the news of an edition stays. */
const NEWS_MS = 6000;

/** The command that fills an empty service with the demo; the same in every language. */
const DEMO_COMMAND = "gis-service demo";

function Card({ title, text, command, retry }: { title: string; text: string; command?: string; retry: boolean }) {
  return (
    <div class="veil">
      <section class="card" role="status">
        <Icon name="warn" />
        <h2>{title}</h2>
        <p>{text}</p>
        {command && <code class="card__command">{command}</code>}
        {retry && (
          <button type="button" class="button" onClick={() => refreshGround()}>
            {words.value.state.retry}
          </button>
        )}
      </section>
    </div>
  );
}

/** What stands between the reader and the map: nothing drawn yet, nothing to draw, or nothing answering. */
export function Notices() {
  useSignalEffect(() => {
    if (announced.value === null) {
      return;
    }
    const timer = setTimeout(() => {
      announced.value = null;
    }, NEWS_MS);
    return () => clearTimeout(timer);
  });
  const said = words.value;
  if (!drawable.value) {
    return <Card title={said.product} text={said.map.unsupported} retry={false} />;
  }
  if (serviceState.value === "empty") {
    return <Card title={said.state.emptyTitle} text={said.state.emptyText} command={DEMO_COMMAND} retry />;
  }
  if (serviceState.value === "away" && ground.value === null) {
    return <Card title={said.state.awayTitle} text={said.state.awayText} retry />;
  }
  return (
    <div class="toasts" role="status">
      {serviceState.value === "starting" && <p class="toast">{said.state.starting}</p>}
      {serviceState.value === "away" && <p class="toast toast--warn">{said.state.awayShort}</p>}
      {tokenRefused.value && (
        <p class="toast toast--warn">
          {said.token.dropped}
          <button
            type="button"
            class="tool tool--small"
            aria-label={said.owner.close}
            onClick={() => {
              tokenRefused.value = false;
            }}
          >
            <Icon name="close" />
          </button>
        </p>
      )}
      {announced.value !== null && <p class="toast">{said.newEdition(announced.value)}</p>}
    </div>
  );
}
