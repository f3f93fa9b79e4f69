import { describe, expect, it, vi } from "vitest";
import { OverviewControl } from "../../src/map/overview-control";

describe("the button to the whole ground", () => {
  it("is named in the reader's language and tells of a press, until it is removed", () => {
    const onPress = vi.fn();
    const control = new OverviewControl("显示全部范围", onPress);
    document.body.append(control.onAdd());
    const button = document.querySelector<HTMLButtonElement>("[aria-label='显示全部范围']");
    button?.click();
    control.onRemove();
    expect(onPress).toHaveBeenCalledOnce();
    expect(document.querySelector(".overview")).toBeNull();
  });
});
