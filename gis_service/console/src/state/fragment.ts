/** The part of the address after `#`: `map=zoom/lat/lon&point=lon,lat&lang=en`. */

export function readFragment(hash: string): URLSearchParams {
  return new URLSearchParams(hash.replace(/^#/, ""));
}

/** Write `#…` so that people can read it: slashes and commas stay as they are. */
export function formatFragment(parameters: URLSearchParams): string {
  const text = parameters.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  return text === "" ? "" : `#${text}`;
}

/**
 * Set or, with null, remove parameters of the fragment; the map's own stay.
 *
 * @param changes - new values by name
 * @param outdated - names of query parameters that the fragment now says better
 */
export function writeFragment(changes: Record<string, string | null>, outdated: string[] = []): void {
  const url = new URL(window.location.href);
  const parameters = readFragment(url.hash);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) {
      parameters.delete(name);
    } else {
      parameters.set(name, value);
    }
  }
  for (const name of outdated) {
    url.searchParams.delete(name);
  }
  window.history.replaceState(window.history.state, "", `${url.pathname}${url.search}${formatFragment(parameters)}`);
}
