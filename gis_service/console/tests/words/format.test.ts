// @vitest-environment node
import { describe, expect, it } from "vitest";
import { en } from "../../src/words/en";
import {
  formatCoordinates,
  formatCount,
  formatDay,
  formatDistance,
  formatMoment,
  nameOfCategory,
} from "../../src/words/format";
import { zh } from "../../src/words/zh";

describe("figures", () => {
  it.each([
    [12.4, "12 米", "12 m"],
    [999.4, "999 米", "999 m"],
    [999.6, "1 公里", "1 km"],
    [5840, "5.8 公里", "5.8 km"],
    [23_400, "23 公里", "23 km"],
  ])("%d metres read as %s and %s", (metres, chinese, english) => {
    expect([formatDistance(metres, "zh", zh), formatDistance(metres, "en", en)]).toEqual([chinese, english]);
  });

  it("are grouped by thousands", () => {
    expect(formatCount(106_500, "zh")).toBe("106,500");
  });

  it("of a place have six decimals, longitude first", () => {
    expect(formatCoordinates(102.7, 25.04)).toBe("102.700000, 25.040000");
  });
});

describe("times", () => {
  it("are those of China, whatever the reader's clock", () => {
    expect(formatDay("2026-02-28T16:00:00+00:00")).toBe("2026-03-01");
    expect(formatMoment("2026-03-12T01:30:00Z")).toBe("03-12 09:30");
  });
});

describe("categories", () => {
  it("read as their top category, and an unknown one as its code", () => {
    expect([nameOfCategory("dispute.property", zh), nameOfCategory("locusts", zh)]).toEqual(["矛盾纠纷", "locusts"]);
  });
});
