// @vitest-environment node
import { describe, expect, it } from "vitest";
import { en } from "../../src/words/en";
import { zh } from "../../src/words/zh";

/** Every key of a dictionary with its path: `owner.title`. */
function keysOf(words: object, path = ""): string[] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === "object" ? keysOf(value, `${path}${key}.`) : [`${path}${key}`],
  );
}

describe("the dictionaries", () => {
  it("have the same keys, those of the open lists too", () => {
    expect(keysOf(en)).toEqual(keysOf(zh));
  });
});
