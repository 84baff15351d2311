// Starts Swagger UI. Changes by session cookie need the CSRF header; calls with a token ignore it.
const root = document.getElementById("swagger-ui");

window.SwaggerUIBundle({
  url: root.dataset.document,
  domNode: root,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
  requestInterceptor(request) {
    request.headers["X-CSRFToken"] = root.dataset.csrf;
    return request;
  },
});
