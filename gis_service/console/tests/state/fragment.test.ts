import { beforeEach, describe, expect, it } from "vitest";
import { formatFragment, readFragment, writeFragment } from "../../src/state/fragment";

describe("the fragment of the address", () => {
  beforeEach(() => window.history.replaceState(null, "", "/?lang=en#map=14.6/25.045/102.735"));

  it("keeps what the map wrote when a point is added", () => {
    writeFragment({ point: "102.741200,25.045500" });
    expect(window.location.hash).toBe("#map=14.6/25.045/102.735&point=102.741200,25.045500");
  });

  it("drops a parameter that is set to null, and the sign with the last one", () => {
    writeFragment({ map: null });
    expect(window.location.href).not.toContain("#");
  });

  it("takes a query parameter away that it says better", () => {
    writeFragment({ lang: "zh" }, ["lang"]);
    expect(window.location.search + window.location.hash).toBe("#map=14.6/25.045/102.735&lang=zh");
  });

  it("comes back as it was written", () => {
    const parameters = readFragment("#point=102.7,25&lang=en");
    expect(formatFragment(parameters)).toBe("#point=102.7,25&lang=en");
  });
});
