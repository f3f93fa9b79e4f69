import { beforeEach, describe, expect, it } from "vitest";
import { dropToken, refuseToken, takeTokenFromAddress, token, tokenRefused } from "../../src/state/token";

describe("the token", () => {
  beforeEach(() => {
    dropToken();
    tokenRefused.value = false;
    window.history.replaceState(null, "", "/#map=12/25/102&token=secret");
    takeTokenFromAddress();
  });

  it("is taken from the address, which no longer shows it", () => {
    expect(token.value).toBe("secret");
    expect(window.location.hash).toBe("#map=12/25/102");
  });

  it("is kept for the tab alone", () => {
    expect(Object.values(sessionStorage)).toContain("secret");
    expect(Object.values(localStorage)).not.toContain("secret");
  });

  it("is forgotten when the service refuses it, and the reader is told", () => {
    refuseToken();
    expect([token.value, tokenRefused.value, sessionStorage.length]).toEqual([null, true, 0]);
  });

  it("stays when the address names none", () => {
    takeTokenFromAddress();
    expect(token.value).toBe("secret");
  });
});
