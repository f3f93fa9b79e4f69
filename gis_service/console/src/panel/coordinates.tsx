import { words } from "../state/language";
import type { PlacePoint } from "../state/selection";
import { formatCoordinates } from "../words/format";
import { CopyButton } from "./copy-button";

export function Coordinates({ point }: { point: PlacePoint }) {
  const text = formatCoordinates(point.lon, point.lat);
  return (
    <section class="block coordinates">
      <h3>{words.value.owner.coordinates}</h3>
      <p>
        <code>{text}</code>
        <CopyButton text={text} />
      </p>
    </section>
  );
}
