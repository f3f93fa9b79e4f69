/** The API, to be read and tried out: Swagger UI from our own files. */
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import "./docs.css";

const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");
/** Swagger UI turns dark by a class. */
function followSystem(): void {
  document.documentElement.classList.toggle("dark-mode", systemIsDark.matches);
}
followSystem();
systemIsDark.addEventListener("change", followSystem);

SwaggerUI({
  url: "openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  // No badge of an online validator: nothing is asked of other hosts.
  validatorUrl: null,
});
