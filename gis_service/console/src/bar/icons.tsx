/** Strokes on a 20 by 20 field; each icon stands beside a word or in a labelled button, so it is hidden from readers. */
const PATHS = {
  close: "M5 5l10 10M15 5L5 15",
  copy: "M7.5 7.5h8v8h-8zM12.5 7.5v-3h-8v8h3",
  done: "M4.5 10.5l3.7 3.7 7.3-8",
  key: "M7 9.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4zM9.3 10.7L16 4M13.2 6.8l2.3 2.3M11 9l1.5 1.5",
  layers: "M10 3.2l7 3.6-7 3.6-7-3.6zM3.4 10.2l6.6 3.4 6.6-3.4M3.4 13.4l6.6 3.4 6.6-3.4",
  system: "M3.5 4.5h13v8.5h-13zM7.5 16h5M10 13v3",
  light:
    "M10 6.6a3.4 3.4 0 1 0 0 6.8 3.4 3.4 0 0 0 0-6.8zM10 2.2v1.6M10 16.2v1.6M2.2 10h1.6M16.2 10h1.6M4.5 4.5l1.1 1.1M14.4 14.4l1.1 1.1M15.5 4.5l-1.1 1.1M5.6 14.4l-1.1 1.1",
  dark: "M15.8 12.2A6.6 6.6 0 0 1 7.8 4.2a6.6 6.6 0 1 0 8 8z",
  pin: "M10 17.5s5.5-4.9 5.5-9a5.5 5.5 0 0 0-11 0c0 4.1 5.5 9 5.5 9zM10 6.7a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z",
  warn: "M10 3.5l7 12.5H3zM10 8.2v3.6M10 13.7v.3",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
