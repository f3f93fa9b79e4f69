/** The API, to be read and tried out: Swagger UI from our own files. */
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";

SwaggerUI({
  url: "openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  // No badge of an online validator: nothing is asked of other hosts.
  validatorUrl: null,
});
