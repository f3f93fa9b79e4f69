import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Icon } from "../bar/icons";
import { words } from "../state/language";

/** How long the tick stays. */
const SAID_MS = 1600;

/** Copy a text; the button says so for a moment. */
export function CopyButton({ text }: { text: string }) {
  const copied = useSignal(false);
  useEffect(() => {
    if (!copied.value) {
      return;
    }
    const timer = setTimeout(() => {
      copied.value = false;
    }, SAID_MS);
    return () => clearTimeout(timer);
  }, [copied.value]);
  const label = copied.value ? words.value.owner.copied : `${words.value.owner.copy} ${text}`;
  const copy = async () => {
    // Without https the browser offers no clipboard; then the text can still be marked and copied by hand.
    await navigator.clipboard?.writeText(text);
    copied.value = navigator.clipboard !== undefined;
  };
  return (
    <button type="button" class="tool tool--small" aria-label={label} title={label} onClick={copy}>
      <Icon name={copied.value ? "done" : "copy"} />
    </button>
  );
}
