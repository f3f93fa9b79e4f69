// @vitest-environment node
import { describe, expect, it } from "vitest";
import { withToken } from "../../src/map/requests";

const HERE = "http://service.test";

describe("requests of the map", () => {
  it("carry the token to this service", () => {
    const request = withToken(`${HERE}/tiles/3/incidents/12/3217/1753.mvt`, HERE, "secret");
    expect(request.headers).toEqual({ Authorization: "Bearer secret" });
  });

  it("carry it nowhere else, however alike the host looks", () => {
    expect(withToken("http://service.test.example/tiles", HERE, "secret").headers).toBeUndefined();
    expect(withToken("https://service.test/tiles", HERE, "secret").headers).toBeUndefined();
  });

  it("carry nothing without a token", () => {
    expect(withToken(`${HERE}/tiles`, HERE, null)).toEqual({ url: `${HERE}/tiles` });
  });
});
