import type { Bounds } from "../api/types";

/** Return the smallest box around every position of a geometry; a geometry without positions has none to give. */
export function boundsOf(shape: GeoJSON.Geometry): Bounds {
  const box: Bounds = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  const visit = (part: unknown): void => {
    if (!Array.isArray(part)) {
      return;
    }
    const [lon, lat] = part;
    if (typeof lon === "number" && typeof lat === "number") {
      box[0] = Math.min(box[0], lon);
      box[1] = Math.min(box[1], lat);
      box[2] = Math.max(box[2], lon);
      box[3] = Math.max(box[3], lat);
      return;
    }
    part.forEach(visit);
  };
  const shapes = shape.type === "GeometryCollection" ? shape.geometries : [shape];
  for (const each of shapes) {
    visit("coordinates" in each ? each.coordinates : []);
  }
  return box;
}
