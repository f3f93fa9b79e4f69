// The form of a door's page: it is kept in the phone first, then sent.
"use strict";

(() => {
  const form = document.getElementById("form");
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("static/worker.js", { scope: "./" }).catch(() => {});
  if (!form) return;

  const PHOTO_PX = 1600;
  const RETRY_MS = 30_000;
  const words = JSON.parse(form.dataset.words);
  const button = form.querySelector("button");
  const outcome = document.getElementById("outcome");
  const waiting = document.getElementById("waiting");
  const here = document.getElementById("here");
  const shown = document.getElementById("shown");
  const hereWord = here.textContent;
  // Whole: the service worker sends it too, and stands in another folder.
  const page = new URL(`./${form.dataset.page}`, location.href).href;
  let position = null;
  let photo = null;
  form.hidden = false;

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  };

  const newKey = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  const findPosition = () => {
    here.textContent = words.finding;
    const fail = () => {
      position = null;
      here.textContent = hereWord;
      form.elements.where.value = "door";
      outcome.replaceChildren(element("p", "note", words.not_found));
    };
    if (!navigator.geolocation) return fail();
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        position = coords;
        here.textContent = words.found.replace("{metres}", Math.ceil(coords.accuracy));
        outcome.replaceChildren();
      },
      fail,
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
    );
  };

  // Drawn anew, a photo is small, and says no more where and when it was taken.
  const shrink = async (file) => {
    try {
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, PHOTO_PX / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      return (await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85))) ?? file;
    } catch {
      return file;
    }
  };

  const showPhoto = () => {
    if (shown.src) URL.revokeObjectURL(shown.src);
    shown.hidden = !photo;
    if (photo) shown.src = URL.createObjectURL(photo);
    else shown.removeAttribute("src");
    document.getElementById("photo-word").textContent = photo ? words.other_photo : words.take;
  };

  const count = async () => {
    const left = (await doorQueue.list()).length;
    waiting.hidden = left === 0;
    waiting.textContent = words.waiting.replace("{count}", left);
    return left;
  };

  const receiptOf = (receipt) => {
    const box = element("div", "receipt", "");
    box.append(element("strong", "", words.sent), element("p", "", words.quote));
    box.append(element("p", "number", receipt.number));
    if (receipt.photo === "refused") box.append(element("p", "", words.photo_lost));
    return box;
  };

  const againButton = () => {
    const again = element("button", "second", words.again);
    again.type = "button";
    again.addEventListener("click", () => {
      outcome.replaceChildren();
      form.hidden = false;
    });
    return again;
  };

  const show = (outcomes) => {
    const boxes = outcomes.map((one) => {
      if (one.state === "sent") return receiptOf(one.receipt);
      if (one.state === "refused") return element("p", "note", words.refused + one.detail);
      return element("p", "note", one.code === "offline" ? words.queued : words.limited);
    });
    if (boxes.length === 0) return;
    outcome.replaceChildren(...boxes);
    if (form.hidden) outcome.append(againButton());
  };

  const flush = async () => {
    const outcomes = await doorQueue.flush();
    await count();
    return outcomes;
  };

  const askWorker = async () => {
    const registration = await navigator.serviceWorker?.ready;
    await registration?.sync?.register("door-reports");
  };

  form.addEventListener("change", async (event) => {
    if (event.target.name === "where") {
      position = null;
      here.textContent = hereWord;
      if (event.target.value === "here") findPosition();
    }
    if (event.target.id === "photo") {
      const [file] = event.target.files;
      photo = file ? await shrink(file) : null;
      showPhoto();
    }
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = new FormData(form);
    const text = (chosen.get("text") ?? "").trim();
    if (!chosen.get("category") || !text) {
      outcome.replaceChildren(element("p", "note", words.missing));
      return;
    }
    const fields = { category: chosen.get("category"), text, website: chosen.get("website") };
    fields.written_at = new Date().toISOString();
    if (position) {
      fields.lon = position.longitude;
      fields.lat = position.latitude;
      fields.accuracy_m = Math.min(Math.ceil(position.accuracy), 100_000);
    }
    const report = { key: newKey(), at: Date.now(), page, token: form.dataset.token, fields, photo };
    report.language = document.documentElement.lang;
    button.disabled = true;
    button.textContent = words.sending;
    let outcomes;
    try {
      await doorQueue.put(report);
      outcomes = await flush();
    } catch {
      // Private windows of some browsers keep nothing: then it is sent at once or not at all.
      outcomes = [await doorQueue.send(report)];
    }
    button.disabled = false;
    button.textContent = words.send;
    const mine = outcomes.find((one) => one.key === report.key) ?? { state: "waiting", code: "offline" };
    if (mine.state !== "refused") {
      form.reset();
      photo = position = null;
      here.textContent = hereWord;
      showPhoto();
      form.hidden = true;
    }
    show([mine]);
    if (mine.state === "waiting") askWorker().catch(() => {});
  });

  const retry = async () => {
    if (await count()) show((await flush()).filter((one) => one.state !== "waiting"));
  };
  window.addEventListener("online", () => retry().catch(() => {}));
  navigator.serviceWorker?.addEventListener("message", (event) => {
    show(event.data.filter((one) => one.state !== "waiting"));
    count().catch(() => {});
  });
  setInterval(() => retry().catch(() => {}), RETRY_MS);
  retry().catch(() => {});
})();
