/** Drawn by the browser from the fonts of the machine: there is no glyph server. The first name only sets the weight. */
const FACES = ["PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "system-ui"];
export const REGULAR = ["Label Medium", ...FACES];
export const STRONG = ["Label Semibold", ...FACES];
