import type { RequestParameters } from "maplibre-gl";

/** Add the token to requests for our own tiles, and to no others. */
export function withToken(url: string, origin: string, bearer: string | null): RequestParameters {
  if (bearer === null || new URL(url, origin).origin !== origin) {
    return { url };
  }
  return { url, headers: { Authorization: `Bearer ${bearer}` } };
}
