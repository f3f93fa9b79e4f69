import { beforeEach, describe, expect, it, vi } from "vitest";
import { describeHovered } from "../../src/panel/hover-card";
import { chooseLanguage } from "../../src/state/language";

// The map needs WebGL, which this page without a screen does not have; the browser test has it.
vi.mock("../../src/map/map-view", () => ({ hovered: { value: null } }));

const AT = { x: 0, y: 0 };

describe("the card beside the mouse", () => {
  beforeEach(() => chooseLanguage("zh"));

  it("tells a grid's name, level, code, households and kind", () => {
    const properties = { code: "5301", name: "金马坊", level: "unit_grid", households: 1412, kind: "dedicated" };
    expect(describeHovered({ ...AT, kind: "grid", properties })).toEqual({
      title: "金马坊",
      notes: ["unit_grid 5301", "1,412 户", "专属网格"],
    });
  });

  it("tells how many incidents a grid has, or that the number is withheld", () => {
    const counted = describeHovered({ ...AT, kind: "incident", properties: { grid: "5301", count: 12 } });
    const withheld = describeHovered({ ...AT, kind: "incident", properties: { grid: "5301", hidden: true } });
    expect([counted.title, withheld.title]).toEqual(["12 起事件", "少量事件，数目不公开"]);
  });

  it("tells one incident's category, severity and state", () => {
    const properties = { incident: "1", category: "hazard.fire", severity: "major", state: "dispatched" };
    expect(describeHovered({ ...AT, kind: "incident", properties })).toEqual({
      title: "安全隐患",
      notes: ["重大", "已派单"],
    });
  });

  it("tells a building without a name by its code", () => {
    const building = describeHovered({ ...AT, kind: "building", properties: { code: "B1", storeys: 7 } });
    expect(building).toEqual({ title: "楼栋", notes: ["B1", "7 层", ""] });
  });
});
