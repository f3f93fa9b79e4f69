import { computed, effect, signal } from "@preact/signals";

export type Theme = "light" | "dark";
export type ThemeChoice = Theme | "system";

export const THEME_CHOICES: readonly ThemeChoice[] = ["system", "light", "dark"];

const KEY = "gis-service.theme";

const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");
const system = signal<Theme>(systemIsDark.matches ? "dark" : "light");
systemIsDark.addEventListener("change", (event) => {
  system.value = event.matches ? "dark" : "light";
});

function remembered(): ThemeChoice {
  const word = localStorage.getItem(KEY);
  return THEME_CHOICES.find((choice) => choice === word) ?? "system";
}

export const themeChoice = signal<ThemeChoice>(remembered());

export const theme = computed<Theme>(() => (themeChoice.value === "system" ? system.value : themeChoice.value));

export function chooseTheme(choice: ThemeChoice): void {
  themeChoice.value = choice;
  localStorage.setItem(KEY, choice);
}

/** Keep the page in step with the theme; style sheets read `data-theme`. */
export function followTheme(): () => void {
  return effect(() => {
    document.documentElement.dataset.theme = theme.value;
  });
}
