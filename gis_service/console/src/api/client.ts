import type { Edition, GridFeature, IncidentPage, Level, LocateAnswer, Page, Problem, TileJson } from "./types";

/** The service refused: `status` and `code` are those of its problem document. */
export class RefusedError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
    this.name = "RefusedError";
  }
}

/** The service could not be reached, or said that it cannot answer now. */
export class AwayError extends Error {
  constructor() {
    super("the service is away");
    this.name = "AwayError";
  }
}

/** What a proxy or the service answers while the service is not there. */
const AWAY = new Set([502, 503, 504]);

/** Entries of one page, as many as the service gives. */
const PAGE = 1000;

type Parameters = Record<string, string | number>;

/** One method per route; a rejected promise is a RefusedError, an AwayError, or an AbortError of the caller's. */
export class ApiClient {
  constructor(
    /** Where the console is served; the API lies beside it. */
    private readonly base: string,
    private readonly token: () => string | null,
    /** Called when the service does not know the token any more; the question is then asked without it. */
    private readonly onRefusedToken: () => void,
  ) {}

  editions(): Promise<Edition[]> {
    return this.getAll("v1/editions", "editions");
  }

  levels(): Promise<Level[]> {
    return this.getAll("v1/levels", "levels");
  }

  locate(lon: number, lat: number, signal: AbortSignal): Promise<LocateAnswer> {
    return this.get("v1/locate", { lon, lat }, signal);
  }

  grid(code: string, signal: AbortSignal): Promise<GridFeature> {
    return this.get(`v1/grids/${encodeURIComponent(code)}`, {}, signal);
  }

  incidents(grid: string, limit: number, signal: AbortSignal): Promise<IncidentPage> {
    return this.get("v1/incidents", { grid, limit }, signal);
  }

  /** Resolve when `token` may list incidents at all; a refusal tells why it may not. */
  async tryToken(token: string): Promise<void> {
    await read(await this.send("v1/incidents", { limit: 1 }, token));
  }

  tileJson(edition: number, layers: string): Promise<TileJson> {
    return this.get(`tiles/${edition}/${layers}.json`);
  }

  /** The address template of tiles; `{z}/{x}/{y}` stay as they are. */
  tiles(edition: number, layers: string, query = ""): string {
    return `${this.base}tiles/${edition}/${layers}/{z}/{x}/{y}.mvt${query}`;
  }

  /** The entries of all pages of a list. */
  private async getAll<Name extends string, Item>(path: string, name: Name): Promise<Item[]> {
    const found: Item[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page: Page<Name, Item> = await this.get(path, { limit: PAGE, ...(cursor && { cursor }) });
      found.push(...page[name]);
      cursor = page.next;
    }
    return found;
  }

  private async get<Answer>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<Answer> {
    const token = this.token();
    let response = await this.send(path, parameters, token, signal);
    if (response.status === 401 && token !== null) {
      this.onRefusedToken();
      response = await this.send(path, parameters, null, signal);
    }
    return read<Answer>(response);
  }

  private async send(
    path: string,
    parameters: Parameters,
    token: string | null,
    signal?: AbortSignal,
  ): Promise<Response> {
    const url = new URL(path, this.base);
    for (const [name, value] of Object.entries(parameters)) {
      url.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = { Accept: "application/json" };
    if (token !== null) {
      headers.Authorization = `Bearer ${token}`;
    }
    try {
      return await fetch(url, { headers, signal: signal ?? null });
    } catch (error) {
      if (signal?.aborted) {
        throw error;
      }
      throw new AwayError();
    }
  }
}

async function read<Answer>(response: Response): Promise<Answer> {
  if (AWAY.has(response.status)) {
    throw new AwayError();
  }
  if (!response.ok) {
    const problem: Partial<Problem> = await response.json().catch(() => ({}));
    const detail = problem.detail ?? problem.title ?? response.statusText;
    throw new RefusedError(response.status, problem.code ?? "", detail);
  }
  return (await response.json()) as Answer;
}
