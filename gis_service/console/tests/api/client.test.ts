// @vitest-environment node
import { describe, expect, it, vi } from "vitest";
import { ApiClient, AwayError, RefusedError } from "../../src/api/client";
import { answerWith } from "../service-stand-in";

const BASE = "http://service.test/";

function clientWith(token: string | null, onRefused = () => {}): ApiClient {
  return new ApiClient(BASE, () => token, onRefused);
}

describe("the client", () => {
  it("asks for a point longitude first", async () => {
    const asked = answerWith({ "/v1/locate": { match: "outside" } });
    await clientWith(null).locate(102.7, 25.04, new AbortController().signal);
    expect(asked[0]?.url).toBe("http://service.test/v1/locate?lon=102.7&lat=25.04");
  });

  it("shows the token as a bearer, and nothing without one", async () => {
    const asked = answerWith({ "/v1/levels": { levels: [], next: null } });
    await clientWith("secret").levels();
    await clientWith(null).levels();
    expect(asked.map((each) => each.headers.get("Authorization"))).toEqual(["Bearer secret", null]);
  });

  it("asks again without a token that the service refuses, and says so once", async () => {
    const refused = vi.fn();
    const page = { levels: ["level"], next: null };
    answerWith({ "/v1/levels": (request: Request) => (request.headers.has("Authorization") ? 401 : page) });
    await expect(clientWith("old", refused).levels()).resolves.toEqual(["level"]);
    expect(refused).toHaveBeenCalledTimes(1);
  });

  it("tells a refusal with the service's own sentence", async () => {
    answerWith({ "/v1/levels": 422 });
    await expect(clientWith(null).levels()).rejects.toEqual(new RefusedError(422, "refused", "refused with 422"));
  });

  it.each([502, 503, 504])("takes %i, and no answer at all, for a service that is away", async (status) => {
    answerWith({ "/v1/levels": status });
    await expect(clientWith(null).levels()).rejects.toBeInstanceOf(AwayError);
    await expect(clientWith(null).editions()).rejects.toBeInstanceOf(AwayError);
  });

  it("reads a list to its last page", async () => {
    const pages: Record<string, unknown> = {
      first: { editions: [1, 2], next: "second" },
      second: { editions: [3], next: null },
    };
    const asked = answerWith({
      "/v1/editions": (request: Request) => pages[new URL(request.url).searchParams.get("cursor") ?? "first"],
    });
    await expect(clientWith(null).editions()).resolves.toEqual([1, 2, 3]);
    expect(asked.map((each) => new URL(each.url).search)).toEqual(["?limit=1000", "?limit=1000&cursor=second"]);
  });

  it("leaves the places of z, x and y open in the address of tiles", () => {
    expect(clientWith(null).tiles(3, "grids", "?level=street")).toBe(
      "http://service.test/tiles/3/grids/{z}/{x}/{y}.mvt?level=street",
    );
  });
});
