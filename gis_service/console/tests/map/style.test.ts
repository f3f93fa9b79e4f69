// @vitest-environment node
import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { describe, expect, it } from "vitest";
import { buildStyle, type StyleInput } from "../../src/map/style";
import type { Ground } from "../../src/state/service";
import { en } from "../../src/words/en";
import { zh } from "../../src/words/zh";

const ZOOMS = { minzoom: 0, maxzoom: 22 };

const GROUND: Ground = {
  edition: { number: 3, effective_from: "", published_at: "", note: "", grids: 2 },
  levels: [
    { code: "district", rank: 1, name: "区", name_en: "District", min_zoom: 0, max_zoom: 10 },
    { code: "street", rank: 2, name: "街道", name_en: "Street", min_zoom: 11, max_zoom: 12 },
    { code: "community", rank: 3, name: "社区", name_en: "Community", min_zoom: 13, max_zoom: 22 },
  ],
  bounds: [102, 25, 103, 26],
  attribution: "",
  grids: ZOOMS,
  buildings: { minzoom: 13, maxzoom: 22 },
  incidents: ZOOMS,
};

function inputWith(changes: Partial<StyleInput>): StyleInput {
  return {
    theme: "light",
    ground: GROUND,
    switches: { names: true, buildings: true, incidents: true },
    selection: null,
    words: zh,
    tiles: (edition, layers, query = "") => `http://service.test/tiles/${edition}/${layers}/{z}/{x}/{y}.mvt${query}`,
    ...changes,
  };
}

const FOUND: StyleInput["selection"] = {
  state: "found",
  point: { lon: 102.5, lat: 25.5 },
  answer: {
    edition: 3,
    point: { lon: 102.5, lat: 25.5 },
    match: "outside",
    owner: null,
    chain: [],
    tied_with: [],
    nearest: null,
  },
  grid: null,
  incidents: null,
};

function layersOf(input: StyleInput): string[] {
  return buildStyle(input).layers.map((layer) => layer.id);
}

describe("the style of the map", () => {
  it.each([
    ["light, Chinese", {}],
    ["dark, English", { theme: "dark", words: en }],
    ["without an edition", { ground: null }],
    ["with a selected grid", { selection: FOUND }],
    ["with the root's level alone", { ground: { ...GROUND, levels: GROUND.levels.slice(0, 1) } }],
  ] as [string, Partial<StyleInput>][])("is valid: %s", (_, changes) => {
    expect(validateStyleMin(buildStyle(inputWith(changes)))).toEqual([]);
  });

  it("names the edition in every tile address", () => {
    const sources = Object.values(buildStyle(inputWith({})).sources);
    const addresses = sources.flatMap((source) => ("tiles" in source ? (source.tiles ?? []) : []));
    expect(addresses).toHaveLength(5);
    expect(addresses.every((address) => address.startsWith("http://service.test/tiles/3/"))).toBe(true);
  });

  it("needs no glyphs and no sprite from anywhere", () => {
    const style = buildStyle(inputWith({}));
    expect([style.glyphs, style.sprite]).toEqual([undefined, undefined]);
  });

  it("asks for no tiles of a layer that is switched off or not offered", () => {
    const switches = { names: true, buildings: true, incidents: false };
    const style = buildStyle(inputWith({ switches, ground: { ...GROUND, buildings: null } }));
    expect(Object.keys(style.sources)).toEqual(["selected", "point", "ground", "outline-district", "outline-street"]);
  });

  it("lays the root's outline over the others and the names over all lines", () => {
    const layers = layersOf(inputWith({ selection: FOUND }));
    const order = ["grid-line", "outline-street", "outline-district", "selected-line", "grid-label", "point"];
    expect(layers.filter((layer) => order.includes(layer))).toEqual(order);
  });

  it("lays names over single incidents, and counts over names, which give way to them", () => {
    const layers = layersOf(inputWith({}));
    const order = ["incident-point", "grid-label", "incident-count", "incident-number"];
    expect(layers.filter((layer) => order.includes(layer))).toEqual(order);
  });

  it("says households in the language of the reader", () => {
    expect(JSON.stringify(buildStyle(inputWith({ words: en })))).toContain(" households");
    expect(JSON.stringify(buildStyle(inputWith({})))).toContain(" 户");
  });
});
