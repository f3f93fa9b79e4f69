import type { LocateAnswer } from "../api/types";
import { language, words } from "../state/language";
import { ground } from "../state/service";
import { nameOfLevel } from "../words/format";

interface ChainProps {
  answer: LocateAnswer;
  /** Code of the grid that is outlined on the map. */
  outlined: string | null;
  onShow: (code: string) => void;
}

/** The owner and its ancestors, root first; each can be shown on the map. */
export function Chain({ answer, outlined, onShow }: ChainProps) {
  const said = words.value.owner;
  const levels = new Map(ground.value?.levels.map((level) => [level.code, nameOfLevel(level, language.value)]));
  if (answer.chain.length === 0) {
    return null;
  }
  return (
    <section class="block">
      <h3>{said.chain}</h3>
      <ol class="chain">
        {answer.chain.map((grid) => (
          <li key={grid.code} class="chain__grid">
            <button
              type="button"
              class="chain__button"
              aria-label={said.show(grid.name)}
              aria-pressed={grid.code === outlined}
              onClick={() => onShow(grid.code)}
            >
              <span class="chain__level">{levels.get(grid.level) ?? grid.level}</span>
              <span class="chain__name">{grid.name}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
