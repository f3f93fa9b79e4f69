import type { Severity } from "../api/types";
import { outlineColour, outlineWidth } from "../map/grid-layers";
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

function nameOf(code: string): string {
  const level = ground.value?.levels.find((each) => each.code === code);
  return level ? nameOfLevel(level, language.value) : code;
}

function IncidentSigns() {
  const palette = paletteOf(theme.value);
  const said = words.value;
  const { incidents, countedBy, clustered, few } = shown.value;
  return (
    <>
      {countedBy !== null && (
        <Circle
          fill={palette.count}
          stroke={palette.pointCasing}
          size={6.5}
          label={said.legend.count(nameOf(countedBy))}
        />
      )}
      {clustered && (
        <Circle fill={palette.count} stroke={palette.pointCasing} size={6.5} label={said.legend.clustered} />
      )}
      {few && <Circle fill={palette.halo} stroke={palette.count} size={5.5} label={said.legend.few} />}
      {(incidents ? SEVERITIES : []).map((each) => (
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
  const { level, outlines, dedicated, buildings } = shown.value;
  const selected = selection.value?.state === "found" && selection.value.grid !== null;
  const widest = outlines.length;
  return (
    <div class="legend">
      <h3>{said.title}</h3>
      {level && <p class="legend__level">{said.level(nameOf(level))}</p>}
      <ul>
        {outlines.map((code, place) => {
          const above = widest - place;
          return (
            <Line
              key={code}
              colour={outlineColour(above, palette)}
              width={outlineWidth(above)}
              label={said.boundary(nameOf(code))}
            />
          );
        })}
        {level && <Line colour={palette.lines[0]} width={1.2} label={said.boundary(nameOf(level))} />}
        {dedicated && <Area fill={palette.dedicated} stroke={palette.lines[0]} label={said.dedicated} />}
        {selected && <Area fill="none" stroke={palette.selected} label={said.selected} />}
        {buildings === "areas" && (
          <Area fill={palette.building} stroke={palette.buildingLine} label={said.building} />
        )}
        {buildings === "points" && (
          <Circle fill={palette.building} stroke={palette.buildingLine} size={3.5} label={said.building} />
        )}
        <IncidentSigns />
      </ul>
    </div>
  );
}
