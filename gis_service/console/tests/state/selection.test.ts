import { beforeEach, describe, expect, it } from "vitest";
import { clearSelection, parsePoint, selection, selectPoint, showGrid } from "../../src/state/selection";
import { dropToken, keepToken } from "../../src/state/token";
import { answerWith } from "../service-stand-in";

const POINT = { lon: 102.7412, lat: 25.0455 };
const OWNER = { code: "53010301", name: "东华街道", level: "street" };
const DISTRICT = { code: "530103", name: "盘龙区", level: "district" };
const INSIDE = {
  edition: 3,
  point: POINT,
  match: "inside",
  owner: OWNER,
  chain: [DISTRICT, OWNER],
  tied_with: [],
  nearest: null,
};

function feature(code: string) {
  const properties = { code, name: code, level: "street", parent: null, kind: "standard", households: 412 };
  return { type: "Feature", geometry: { type: "Polygon", coordinates: [] }, properties };
}

const SERVICE = {
  "/v1/locate": INSIDE,
  "/v1/grids/53010301": feature("53010301"),
  "/v1/grids/530103": feature("530103"),
  "/v1/incidents": { incidents: [{ id: "one" }], next: "more" },
};

function found() {
  const now = selection.value;
  if (now?.state !== "found") {
    throw new Error(`the selection is ${now?.state}`);
  }
  return now;
}

describe("a point of a link", () => {
  it.each([
    ["102.7412,25.0455", POINT],
    ["-180,90", { lon: -180, lat: 90 }],
    ["102.7412", null],
    ["102.7412,", null],
    ["102.7,95", null],
    ["east,north", null],
    [null, null],
  ])("%s is %o", (text, point) => {
    expect(parsePoint(text)).toEqual(point);
  });
});

describe("the selection", () => {
  beforeEach(() => {
    dropToken();
    clearSelection();
  });

  it("finds the owner, outlines it, and puts the point into the link", async () => {
    answerWith(SERVICE);
    await selectPoint(POINT);
    expect(found().grid?.properties.households).toBe(412);
    expect(window.location.hash).toBe("#point=102.741200,25.045500");
  });

  it("asks for incidents with a token only", async () => {
    const asked = answerWith(SERVICE);
    await selectPoint(POINT);
    expect(asked.some((each) => each.url.includes("incidents"))).toBe(false);
    expect(found().incidents).toBeNull();
  });

  it("lists the incidents of the owner with a token, and knows that there are more", async () => {
    keepToken("secret");
    answerWith(SERVICE);
    await selectPoint(POINT);
    expect(found().incidents).toEqual({ state: "loaded", items: [{ id: "one" }], more: true });
  });

  it("keeps the answer when another grid of the chain is outlined", async () => {
    answerWith(SERVICE);
    await selectPoint(POINT);
    await showGrid("530103");
    expect([found().grid?.properties.code, found().answer.owner?.code]).toEqual(["530103", "53010301"]);
  });

  it("is that of the last point, however the answers come", async () => {
    answerWith(SERVICE);
    const first = selectPoint({ lon: 1, lat: 1 });
    await selectPoint(POINT);
    await first;
    expect(found().point).toEqual(POINT);
  });

  it("tells the service's sentence when it refuses, and none when it is away", async () => {
    answerWith({ "/v1/locate": 422 });
    await selectPoint(POINT);
    expect(selection.value).toEqual({ state: "failed", point: POINT, reason: "refused with 422" });
    answerWith({});
    await selectPoint(POINT);
    expect(selection.value).toEqual({ state: "failed", point: POINT, reason: null });
  });
});
