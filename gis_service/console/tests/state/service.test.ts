import { beforeEach, describe, expect, it } from "vitest";
import type { Edition } from "../../src/api/types";
import { announced, findInForce, ground, refreshGround, serviceState } from "../../src/state/service";
import { type Answers, answerWith } from "../service-stand-in";

function edition(number: number, effective_from: string): Edition {
  return { number, effective_from, published_at: effective_from, note: "", grids: 1 };
}

const FIRST = edition(1, "2026-01-01T00:00:00+08:00");
const SECOND = edition(2, "2026-02-01T00:00:00+08:00");
const LATER = edition(3, "2999-01-01T00:00:00+08:00");

function level(code: string, rank: number) {
  return { code, rank, name: code, name_en: code, min_zoom: rank * 3, max_zoom: rank * 3 + 2 };
}

function serviceWith(editions: Edition[], more: Answers = {}): Answers {
  const tiles = { bounds: [102, 25, 103, 26], minzoom: 0, maxzoom: 22, levels: ["district", "street"] };
  const layers = editions.flatMap(({ number }) => [
    [`/tiles/${number}/grids,grid_labels.json`, tiles],
    [`/tiles/${number}/buildings.json`, 404],
    [`/tiles/${number}/incidents.json`, tiles],
  ]);
  return {
    "/v1/editions": { editions, next: null },
    "/v1/levels": { levels: [level("street", 2), level("district", 1), level("city", 0)], next: null },
    ...Object.fromEntries(layers),
    ...more,
  };
}

describe("the edition in force", () => {
  it("is the newest whose time has come", () => {
    expect(findInForce([FIRST, SECOND, LATER], new Date("2026-03-01T00:00:00Z"))).toBe(SECOND);
  });

  it("is none before the first", () => {
    expect(findInForce([FIRST], new Date("2025-01-01T00:00:00Z"))).toBeNull();
  });
});

describe("the ground", () => {
  beforeEach(() => {
    ground.value = null;
    announced.value = null;
  });

  it("has the levels of the edition, root first, and knows which layers are not offered", async () => {
    answerWith(serviceWith([FIRST]));
    await refreshGround();
    expect(ground.value?.levels.map((each) => each.code)).toEqual(["district", "street"]);
    expect([ground.value?.buildings, ground.value?.incidents?.maxzoom]).toEqual([null, 22]);
    expect([serviceState.value, announced.value]).toEqual(["ready", null]);
  });

  it("changes to a new edition and announces it", async () => {
    answerWith(serviceWith([FIRST]));
    await refreshGround();
    answerWith(serviceWith([FIRST, SECOND]));
    await refreshGround();
    expect([ground.value?.edition.number, announced.value]).toEqual([2, 2]);
  });

  it("stays on the map while the service is away", async () => {
    answerWith(serviceWith([FIRST]));
    await refreshGround();
    answerWith({});
    await refreshGround();
    expect([serviceState.value, ground.value?.edition.number]).toEqual(["away", 1]);
  });

  it("is empty before the first edition", async () => {
    answerWith(serviceWith([LATER]));
    await refreshGround();
    expect([serviceState.value, ground.value]).toEqual(["empty", null]);
  });
});
