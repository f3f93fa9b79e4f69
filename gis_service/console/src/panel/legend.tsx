import type { Severity } from "../api/types";
import { outlineWidth } from "../map/grid-layers";
import { paletteOf } from "../map/palette";
import { shown } from "../map/shown";
import { language, words } from "../state/language";
import { selection } from "../state/selection";
import { ground } from "../state/service";
import { theme } from "../state/theme";
import { nameOfLevel } from "../words/format";

const SEVERITIES: readonly Severity[] = ["general", "larger", "major"];

function Line({ colour, width, label }: { colour: string; width: number; label: string }) {
  return (
    <li>
      <svg class="sign" viewBox="0 0 24 16" aria-hidden="true">
        <path d="M1 8h22" stroke={colour} stroke-width={width} />
      </svg>
      {label}
    </li>
  );
}

function Area({ fill, stroke, label }: { fill: string; stroke: string; label: string }) {
  return (
    <li>
      <svg class="sign" viewBox="0 0 24 16" aria-hidden="true">
        <rect x="3" y="2" width="18" height="12" rx="2" fill={fill} stroke={stroke} stroke-width="2" />
      </svg>
      {label}
    </li>
  );
}

function Circle({ fill, stroke, size, label }: { fill: string; stroke: string; size: number; label: string }) {
  return (
    <li>
      <svg class="sign" viewBox="0 0 24 16" aria-hidden="true">
        <circle cx="12" cy="8" r={size} fill={fill} stroke={stroke} stroke-width="1.8" />
      </svg>
      {label}
    </li>
  );
}

function IncidentSigns() {
  const palette = paletteOf(theme.value);
  const said = words.value;
  if (shown.value.incidents === "counted") {
    return (
      <>
        <Circle fill={palette.count} stroke={palette.pointCasing} size={6.5} label={said.legend.count} />
        <Circle fill="none" stroke={palette.count} size={4.5} label={said.legend.few} />
      </>
    );
  }
  return (
    <>
      {SEVERITIES.map((each) => (
        <Circle
          key={each}
          fill={palette.severity[each]}
          stroke={palette.pointCasing}
          size={5}
          label={`${said.layers.incidents} · ${said.severity[each]}`}
        />
      ))}
    </>
  );
}

/** The signs on the map, in the order of weight; only of what is drawn now. */
export function Legend() {
  const palette = paletteOf(theme.value);
  const said = words.value.legend;
  const levels = ground.value?.levels ?? [];
  const name = (code: string) => {
    const level = levels.find((each) => each.code === code);
    return level ? nameOfLevel(level, language.value) : code;
  };
  const { level, outlines, dedicated, buildings, incidents } = shown.value;
  const widest = outlines.length;
  return (
    <div class="legend">
      <h3>{said.title}</h3>
      {level && <p class="legend__level">{said.level(name(level))}</p>}
      <ul>
        {outlines.map((code, place) => {
          const above = Math.min(widest - place, 3) as 1 | 2 | 3;
          return (
            <Line
              key={code}
              colour={palette.lines[above]}
              width={outlineWidth(above)}
              label={said.boundary(name(code))}
            />
          );
        })}
        {level && <Line colour={palette.lines[0]} width={1.2} label={said.boundary(name(level))} />}
        {dedicated && <Area fill={palette.dedicated} stroke={palette.lines[0]} label={said.dedicated} />}
        {selection.value?.state === "found" && <Area fill="none" stroke={palette.selected} label={said.selected} />}
        {buildings && <Area fill={palette.building} stroke={palette.buildingLine} label={said.building} />}
        {incidents !== null && <IncidentSigns />}
      </ul>
    </div>
  );
}
