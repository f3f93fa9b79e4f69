import type { Level } from "../api/types";
import type { Language } from "../state/language";
import type { Words } from "./zh";

const LOCALE: Record<Language, string> = { zh: "zh-CN", en: "en-GB" };

export function formatCount(count: number, language: Language): string {
  return new Intl.NumberFormat(LOCALE[language]).format(count);
}

/** Say a distance in metres the way people do: `85 米`, `1.2 km`. */
export function formatDistance(metres: number, language: Language, words: Words): string {
  const kilometres = metres / 1000;
  const [value, unit, digits] =
    metres < 999.5 ? [metres, words.map.meters, 0] : [kilometres, words.map.kilometers, kilometres < 10 ? 1 : 0];
  return `${new Intl.NumberFormat(LOCALE[language], { maximumFractionDigits: digits }).format(value)} ${unit}`;
}

/** Six decimals are 0.1 m, finer than a click. */
export function formatCoordinates(lon: number, lat: number): string {
  return `${lon.toFixed(6)}, ${lat.toFixed(6)}`;
}

/** The clock that boundaries, deadlines and grid workers go by, wherever the reader's machine stands. */
const CLOCK = "Asia/Shanghai";

/** `sv-SE` writes dates as ISO 8601 does. */
const DAY = new Intl.DateTimeFormat("sv-SE", { timeZone: CLOCK, dateStyle: "short" });
const MOMENT = new Intl.DateTimeFormat("sv-SE", { timeZone: CLOCK, dateStyle: "short", timeStyle: "short" });

/** The day of an RFC 3339 instant in China, as `2026-03-01`. */
export function formatDay(instant: string): string {
  return DAY.format(new Date(instant));
}

/** The day and the minute in China: `03-12 09:30`. */
export function formatMoment(instant: string): string {
  return MOMENT.format(new Date(instant)).slice(5);
}

export function nameOfLevel(level: Level, language: Language): string {
  return language === "zh" ? level.name : level.name_en;
}

/** A finer category reads as its top one: `dispute.property` is a dispute; an unknown one as its code. */
export function nameOfCategory(category: string, words: Words): string {
  const top = category.split(".")[0] ?? category;
  return words.category[top] ?? category;
}
