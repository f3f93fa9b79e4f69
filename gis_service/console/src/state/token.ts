import { signal } from "@preact/signals";
import { readFragment, writeFragment } from "./fragment";

const KEY = "gis-service.token";

/** The bearer token of this tab, or null. It is kept in sessionStorage and nowhere else. */
export const token = signal<string | null>(sessionStorage.getItem(KEY));

/** True when the service refused the token that this tab had; false once another is kept. */
export const tokenRefused = signal(false);

export function keepToken(value: string): void {
  tokenRefused.value = false;
  token.value = value;
  sessionStorage.setItem(KEY, value);
}

export function dropToken(): void {
  token.value = null;
  sessionStorage.removeItem(KEY);
}

/** The token has run out or was revoked: the page works on as for anyone. */
export function refuseToken(): void {
  if (token.value !== null) {
    dropToken();
    tokenRefused.value = true;
  }
}

/** Take `#token=…` out of the address, so that it is neither shown, shared nor kept in the history. */
export function takeTokenFromAddress(): void {
  const given = readFragment(window.location.hash).get("token");
  if (given === null) {
    return;
  }
  writeFragment({ token: null });
  if (given.trim() !== "") {
    keepToken(given.trim());
  }
}
