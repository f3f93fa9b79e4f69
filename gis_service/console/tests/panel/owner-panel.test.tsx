import { cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LocateAnswer } from "../../src/api/types";
import { OwnerPanel } from "../../src/panel/owner-panel";
import { chooseLanguage } from "../../src/state/language";
import { clearSelection, type Selection, selection } from "../../src/state/selection";

// The map needs WebGL, which this page without a screen does not have; the browser test has it.
vi.mock("../../src/map/map-view", () => ({ showOnMap: () => {} }));

const STREET = { code: "53010301", name: "东华街道", level: "street" };
const DISTRICT = { code: "530103", name: "盘龙区", level: "district" };

function foundWith(changes: Partial<LocateAnswer>): Selection {
  const point = { lon: 102.7412, lat: 25.0455 };
  const answer: LocateAnswer = {
    edition: 3,
    point,
    match: "inside",
    owner: STREET,
    chain: [DISTRICT, STREET],
    tied_with: [],
    nearest: null,
    ...changes,
  };
  return { state: "found", point, answer, grid: null, incidents: null };
}

describe("the owner panel", () => {
  beforeEach(() => chooseLanguage("zh"));
  afterEach(() => {
    cleanup();
    clearSelection();
  });

  it("says what to do while nothing is selected", () => {
    render(<OwnerPanel />);
    expect(screen.getByRole("heading", { name: "这里归哪个网格？" })).toBeTruthy();
  });

  it("shows the owner and the chain, root first", () => {
    selection.value = foundWith({});
    render(<OwnerPanel />);
    expect(screen.getByRole("heading", { level: 2 }).textContent).toBe("东华街道");
    expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual([
      "district盘龙区",
      "street东华街道",
    ]);
  });

  it("names the grids that share the edge", () => {
    selection.value = foundWith({ match: "edge", tied_with: ["53010302"] });
    render(<OwnerPanel />);
    expect(screen.getByText("这个点正好在网格的公共边上，按规则归编码最小的网格。")).toBeTruthy();
    expect(screen.getByRole("button", { name: "在地图上显示53010302" })).toBeTruthy();
  });

  it("names the nearest grid and its distance outside the coverage", () => {
    selection.value = foundWith({
      match: "outside",
      owner: null,
      chain: [],
      nearest: { code: "530103", distance_m: 5840 },
    });
    render(<OwnerPanel />);
    expect(screen.getByRole("heading", { level: 2 }).textContent).toBe("不在任何网格内");
    expect(screen.getByText("最近的网格，相距 5.8 公里")).toBeTruthy();
  });

  it("changes its language at once", () => {
    selection.value = foundWith({ match: "partial" });
    render(<OwnerPanel />);
    chooseLanguage("en");
    return screen.findByText("Upper level only").then((badge) => expect(badge).toBeTruthy());
  });

  it("offers to try again when the service is away", () => {
    selection.value = { state: "failed", point: { lon: 102.7, lat: 25 }, reason: null };
    render(<OwnerPanel />);
    expect(screen.getByRole("button", { name: "重试" })).toBeTruthy();
  });

  it("is emptied by its close button", async () => {
    selection.value = foundWith({});
    render(<OwnerPanel />);
    fireEvent.click(screen.getByRole("button", { name: "关闭" }));
    expect(selection.value).toBeNull();
  });
});
