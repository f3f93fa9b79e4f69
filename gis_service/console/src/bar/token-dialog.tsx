import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { AwayError, RefusedError } from "../api/client";
import { words } from "../state/language";
import { api } from "../state/service";
import { dropToken, keepToken, token } from "../state/token";

type Fault = "refused" | "away";

/** Find out whether a token is good before it is kept; a right to less than everything is no fault. */
export async function findTokenFault(value: string): Promise<Fault | null> {
  try {
    await api.tryToken(value);
  } catch (error) {
    if (error instanceof AwayError) {
      return "away";
    }
    if (error instanceof RefusedError && error.status === 401) {
      return "refused";
    }
  }
  return null;
}

export function TokenDialog({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const typed = useSignal("");
  const fault = useSignal<Fault | null>(null);
  const said = words.value.token;
  useEffect(() => dialog.current?.showModal(), []);

  const save = async (event: Event) => {
    event.preventDefault();
    const value = typed.value.trim();
    fault.value = await findTokenFault(value);
    if (fault.value === null) {
      keepToken(value);
      onClose();
    }
  };
  return (
    <dialog class="dialog" ref={dialog} onClose={onClose} aria-labelledby="token-title">
      <form onSubmit={save}>
        <h2 id="token-title">{said.title}</h2>
        <p class="dialog__why">{said.why}</p>
        <label class="field">
          <span>{said.field}</span>
          <input
            type="password"
            name="token"
            autocomplete="off"
            spellcheck={false}
            required
            value={typed.value}
            aria-describedby="token-fault"
            aria-invalid={fault.value !== null}
            onInput={(event) => {
              typed.value = event.currentTarget.value;
              fault.value = null;
            }}
          />
        </label>
        <p id="token-fault" class="dialog__fault" role="alert">
          {fault.value && said[fault.value]}
        </p>
        <div class="dialog__acts">
          {token.value !== null && (
            <button
              type="button"
              class="button button--plain dialog__remove"
              onClick={() => {
                dropToken();
                onClose();
              }}
            >
              {said.remove}
            </button>
          )}
          <button type="button" class="button button--plain" onClick={onClose}>
            {said.cancel}
          </button>
          <button type="submit" class="button">
            {said.save}
          </button>
        </div>
      </form>
    </dialog>
  );
}
