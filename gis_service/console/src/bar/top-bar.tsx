import { signal } from "@preact/signals";
import { chooseLanguage, language, words } from "../state/language";
import { ground, serviceState } from "../state/service";
import { chooseTheme, THEME_CHOICES, themeChoice } from "../state/theme";
import { token } from "../state/token";
import { formatDay } from "../words/format";
import { Icon } from "./icons";
import { TokenDialog } from "./token-dialog";

const askingToken = signal(false);

function EditionBadge() {
  const edition = ground.value?.edition;
  if (!edition) {
    return null;
  }
  const since = words.value.editionSince(formatDay(edition.effective_from));
  return (
    <p class={`edition edition--${serviceState.value}`} title={since}>
      <span class="edition__number">{words.value.edition(edition.number)}</span>
      <span class="edition__since">{since}</span>
    </p>
  );
}

function ThemeSwitch() {
  const said = words.value.theme;
  const at = THEME_CHOICES.indexOf(themeChoice.value);
  const next = THEME_CHOICES[(at + 1) % THEME_CHOICES.length] ?? "system";
  const label = `${said.label}: ${said[themeChoice.value]}`;
  return (
    <button type="button" class="tool" aria-label={label} title={label} onClick={() => chooseTheme(next)}>
      <Icon name={themeChoice.value} />
    </button>
  );
}

function TokenSwitch() {
  const label = token.value === null ? words.value.token.set : words.value.token.change;
  return (
    <button
      type="button"
      class={`tool ${token.value === null ? "" : "tool--on"}`}
      aria-label={label}
      title={label}
      aria-haspopup="dialog"
      onClick={() => {
        askingToken.value = true;
      }}
    >
      <Icon name="key" />
    </button>
  );
}

export function TopBar() {
  const other = language.value === "zh" ? "en" : "zh";
  return (
    <header class="bar">
      <h1 class="product">
        <svg class="product__mark" viewBox="0 0 32 32" aria-hidden="true">
          <path d="M4 5.5h11v11l-4.6 2.6L4 16.2zM17 5.5h11v7.4l-6 4.3-5-.8zM4 18.7l5.8 2.7 1.2 6.1H4zM12.8 20.6l4.5-2.4 5.2.8 5.5-3.9v12.4H14.1z" />
        </svg>
        <span class="product__name">{words.value.product}</span>
      </h1>
      <EditionBadge />
      <div class="bar__tools">
        <a class="tool tool--word bar__docs" href="docs" title={words.value.docs}>
          API
        </a>
        <button
          type="button"
          class="tool tool--word"
          lang={other === "zh" ? "zh-CN" : "en"}
          aria-label={`${words.value.language}: ${words.value.otherLanguage}`}
          onClick={() => chooseLanguage(other)}
        >
          {words.value.otherLanguage}
        </button>
        <ThemeSwitch />
        <TokenSwitch />
      </div>
      {askingToken.value && (
        <TokenDialog
          onClose={() => {
            askingToken.value = false;
          }}
        />
      )}
    </header>
  );
}
