// The library's own sheet comes first: ours overrules it.
import "maplibre-gl/dist/maplibre-gl.css";
import "./styles/tokens.css";
import "./styles/stage.css";
import "./styles/panel.css";
import "./styles/controls.css";
import { render } from "preact";
import { App } from "./app";
import { followLanguage } from "./state/language";
import { askAgain, followLink } from "./state/selection";
import { followGround, ground } from "./state/service";
import { followTheme } from "./state/theme";
import { takeTokenFromAddress, token } from "./state/token";

// First of all, before anything can read, log or share the address.
takeTokenFromAddress();
window.addEventListener("hashchange", takeTokenFromAddress);

followTheme();
followLanguage();
const root = document.getElementById("console");
if (root) {
  render(<App />, root);
}
followGround();

// Another token or another edition may answer otherwise.
token.subscribe(askAgain);
let shownEdition: number | null = null;
ground.subscribe((now) => {
  const number = now?.edition.number ?? null;
  if (shownEdition !== null && number !== null && number !== shownEdition) {
    askAgain();
  }
  shownEdition = number ?? shownEdition;
});
followLink();
