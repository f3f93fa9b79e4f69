// Reports that wait in the phone until they are sent; shared by the page and the service worker.
"use strict";

const doorQueue = (() => {
  const DATABASE = "gis-door";
  const STORE = "reports";
  // Nobody looks for a report of last month any more.
  const LONGEST_WAIT_MS = 14 * 24 * 3600 * 1000;

  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  const open = () => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "key" });
    return done(opening);
  };

  const use = async (mode, act) => {
    const database = await open();
    try {
      return await done(act(database.transaction(STORE, mode).objectStore(STORE)));
    } finally {
      database.close();
    }
  };

  const put = (report) => use("readwrite", (store) => store.put(report));
  const remove = (key) => use("readwrite", (store) => store.delete(key));
  const list = async () => (await use("readonly", (store) => store.getAll())).sort((a, b) => a.at - b.at);

  const freshToken = async (page) => {
    const answer = await fetch(`${page}/form`, { cache: "no-store" });
    if (!answer.ok) throw new Error(`no form: ${answer.status}`);
    return (await answer.json()).token;
  };

  const post = (report, token) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(report.fields)) form.append(name, value);
    form.append("token", token);
    if (report.photo) form.append("photo", report.photo, "photo.jpg");
    const headers = { "Idempotency-Key": report.key, "Accept-Language": report.language };
    return fetch(`${report.page}/reports`, { method: "POST", headers, body: form });
  };

  const problemOf = async (answer) => {
    try {
      return await answer.json();
    } catch {
      return { code: "unreadable", detail: String(answer.status) };
    }
  };

  // Returns what became of a report: sent, refused for good, or waiting for later.
  const send = async (report) => {
    try {
      let answer = await post(report, report.token);
      let problem = answer.ok ? null : await problemOf(answer);
      if (problem?.code === "form-expired") {
        report.token = await freshToken(report.page);
        await put(report);
        answer = await post(report, report.token);
        problem = answer.ok ? null : await problemOf(answer);
      }
      if (problem === null) return { state: "sent", key: report.key, receipt: await answer.json() };
      const isForLater = answer.status >= 500 || [408, 409, 429].includes(answer.status);
      const tooOld = Date.now() - report.at > LONGEST_WAIT_MS;
      if (isForLater && !tooOld) return { state: "waiting", key: report.key, code: problem.code };
      return { state: "refused", key: report.key, detail: problem.detail };
    } catch {
      return { state: "waiting", key: report.key, code: "offline" };
    }
  };

  const sendAll = async () => {
    const outcomes = [];
    for (const report of await list()) {
      const outcome = await send(report);
      if (outcome.state !== "waiting") await remove(report.key);
      outcomes.push(outcome);
      if (outcome.state === "waiting") break;
    }
    return outcomes;
  };

  // One at a time, of all open pages and the worker: a report is sent twice at most, and stored once.
  const flush = () => (navigator.locks ? navigator.locks.request(DATABASE, sendAll) : sendAll());

  return { put, list, send, flush };
})();
