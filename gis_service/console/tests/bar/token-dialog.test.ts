import { describe, expect, it } from "vitest";
import { findTokenFault } from "../../src/bar/token-dialog";
import { answerWith } from "../service-stand-in";

describe("a token that is tried", () => {
  it("is good when it lists incidents, and shown to the service as it was typed", async () => {
    const asked = answerWith({ "/v1/incidents": { incidents: [], next: null } });
    expect(await findTokenFault("typed")).toBeNull();
    expect(asked[0]?.headers.get("Authorization")).toBe("Bearer typed");
  });

  it("is good when its rights are elsewhere", async () => {
    answerWith({ "/v1/incidents": 403 });
    expect(await findTokenFault("typed")).toBeNull();
  });

  it("is refused when the service does not know it", async () => {
    answerWith({ "/v1/incidents": 401 });
    expect(await findTokenFault("typed")).toBe("refused");
  });

  it("is neither while the service is away", async () => {
    answerWith({});
    expect(await findTokenFault("typed")).toBe("away");
  });
});
