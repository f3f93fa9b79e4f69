import { computed, effect, signal } from "@preact/signals";
import { en } from "../words/en";
import { zh } from "../words/zh";
import { readFragment, writeFragment } from "./fragment";

export type Language = "zh" | "en";

const KEY = "gis-service.language";

function isLanguage(word: string | null): word is Language {
  return word === "zh" || word === "en";
}

/** The link decides, then what was chosen before, then Chinese. */
export function findLanguage(location: Location, remembered: string | null): Language {
  const asked = [
    readFragment(location.hash).get("lang"),
    new URLSearchParams(location.search).get("lang"),
    remembered,
  ];
  return (asked.find((word) => isLanguage(word ?? null)) as Language | undefined) ?? "zh";
}

export const language = signal<Language>(findLanguage(window.location, localStorage.getItem(KEY)));

export const words = computed(() => (language.value === "zh" ? zh : en));

/** Change the language, remember it, and put it into the link. */
export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  localStorage.setItem(KEY, chosen);
  writeFragment({ lang: chosen }, ["lang"]);
}

/** Keep the page's own language and title in step: screen readers and font choice depend on them. */
export function followLanguage(): () => void {
  return effect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
    document.title = words.value.page;
  });
}
