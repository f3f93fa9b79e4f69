import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Texts under a kilobyte gain nothing from compression. */
const SMALLEST_BYTES = 1024;

/** Lay a `.br` and a `.gz` beside every text of the build, so that the server compresses nothing per request. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    async writeBundle(options, bundle) {
      const directory = options.dir ?? "dist";
      const names = Object.keys(bundle).filter((name) => /^assets\/.*\.(m?js|css|svg)$/.test(name));
      await Promise.all(
        names.map(async (name) => {
          const path = join(directory, name);
          const plain = await readFile(path);
          if (plain.length < SMALLEST_BYTES) {
            return;
          }
          const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
          await writeFile(`${path}.br`, await promisify(brotliCompress)(plain, quality));
          await writeFile(`${path}.gz`, await promisify(gzip)(plain, { level: 9 }));
        }),
      );
    },
  };
}

/** Where `npm run dev` finds the service; `make demo` listens there. */
const SERVICE = process.env.GIS_SERVICE ?? "http://127.0.0.1:8000";

export default defineConfig({
  // Relative, so that the console also works behind a path prefix.
  base: "./",
  build: {
    target: "es2022",
    // The map library and Swagger UI are larger than Vite's warning size; each is one cached file.
    chunkSizeWarningLimit: 2000,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ["index.html", "docs.html"],
      output: {
        // The map library changes rarely: a new console leaves it in the browser's cache.
        codeSplitting: { groups: [{ name: "maplibre", test: /node_modules\/(@?mapbox|@?maplibre)/ }] },
      },
    },
  },
  plugins: [precompress()],
  server: { proxy: { "/v1": SERVICE, "/tiles": SERVICE, "/openapi.json": SERVICE } },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
