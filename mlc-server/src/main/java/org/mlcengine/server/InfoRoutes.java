package org.mlcengine.server;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What is told of the server and its models. */
final class InfoRoutes {
  private static final String MODEL = "/v1/models/";

  private final ServerParts parts;

  InfoRoutes(ServerParts parts) {
    this.parts = parts;
  }

  void addTo(Routes routes) {
    routes.add(
        "GET", "/v1/models", call -> call.sendJson(200, parts.models().listJson().toString()));
    routes.add("GET", MODEL + "*", this::model);
    routes.add("GET", "/health", call -> call.sendJson(200, "{\"status\":\"ok\"}"));
    routes.add("GET", "/ready", this::ready);
    routes.add("GET", "/metrics", this::metrics);
  }

  private void model(Call call) {
    String name = parts.models().choose(Optional.of(call.path().substring(MODEL.length())));
    call.sendJson(200, parts.models().json(name).toString());
  }

  private void ready(Call call) {
    if (parts.work().draining()) {
      call.send(ApiError.unavailable("shutting_down", "The server is shutting down."));
    } else {
      call.sendJson(200, "{\"status\":\"ready\"}");
    }
  }

  private void metrics(Call call) {
    call.send(
        200,
        "text/plain; version=0.0.4; charset=utf-8",
        parts.metrics().text(parts.work(), parts.models()).getBytes(StandardCharsets.UTF_8));
  }
}
