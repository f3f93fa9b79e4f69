import { describe, expect, it } from "vitest";
import { findLanguage } from "../../src/state/language";

function at(address: string): Location {
  return new URL(address, "http://service.test/") as unknown as Location;
}

describe("the language", () => {
  it("is Chinese when nobody asked for another", () => {
    expect(findLanguage(at("/"), null)).toBe("zh");
  });

  it("is the remembered one on a plain address", () => {
    expect(findLanguage(at("/"), "en")).toBe("en");
  });

  it("is that of the link, before what is remembered", () => {
    expect(findLanguage(at("/?lang=en"), "zh")).toBe("en");
    expect(findLanguage(at("/?lang=en#lang=zh"), "en")).toBe("zh");
  });

  it("is not one that the console does not speak", () => {
    expect(findLanguage(at("/?lang=fr"), "de")).toBe("zh");
  });
});
