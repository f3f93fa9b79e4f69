// Keeps pages of doors that were opened once, and sends reports when the phone is back on the net.
"use strict";

importScripts("queue.js");

const CACHE = "gis-door-1";
const SHELL = ["door.css", "door.js", "icon.svg", "queue.js"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)));
  self.skipWaiting();
});

// The page that brought the worker was loaded before it: it is fetched once more, to be kept.
const keepOpenPages = async () => {
  await self.clients.claim();
  const cache = await caches.open(CACHE);
  const pages = await self.clients.matchAll({ type: "window" });
  await Promise.all(pages.map((page) => cache.add(page.url).catch(() => {})));
};

self.addEventListener("activate", (event) => event.waitUntil(keepOpenPages()));

const answer = async (request) => {
  const cache = await caches.open(CACHE);
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await cache.put(request, fresh.clone());
    return fresh;
  } catch (error) {
    // A phone has one language: what the page was chosen by does not matter to find it again.
    const kept = await cache.match(request, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const isShell = new URL(request.url).pathname.includes("/static/");
  if (request.method === "GET" && (request.mode === "navigate" || isShell)) event.respondWith(answer(request));
});

const flush = async () => {
  const outcomes = await doorQueue.flush();
  for (const page of await self.clients.matchAll({ type: "window" })) page.postMessage(outcomes);
  if (outcomes.some((one) => one.state === "waiting")) throw new Error("some are waiting still");
};

self.addEventListener("sync", (event) => {
  if (event.tag === "door-reports") event.waitUntil(flush());
});
