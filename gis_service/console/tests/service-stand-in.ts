import { vi } from "vitest";

/** What a path answers; a number alone is a refusal with that status. */
export type Answers = Record<string, unknown>;

/** Answer every request by its path; the requests come back in the order they were made. */
export function answerWith(answers: Answers): Request[] {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (input: URL | string, init?: RequestInit) => {
    const request = new Request(input, init);
    asked.push(request);
    const url = new URL(request.url);
    const answer = answers[url.pathname];
    const found = typeof answer === "function" ? answer(request) : answer;
    if (found === undefined) {
      throw new TypeError("Failed to fetch");
    }
    return typeof found === "number"
      ? Response.json(
          { status: found, title: "Refused", code: "refused", detail: `refused with ${found}` },
          { status: found },
        )
      : Response.json(found);
  });
  return asked;
}
