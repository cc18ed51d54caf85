package org.mlcengine.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.mlcengine.errors.InvalidRequestException;

/** MLC's requests for debugging, as far as they apply: each takes the name of a model. */
final class DebugRoutes {
  private final ServerParts parts;

  DebugRoutes(ServerParts parts) {
    this.parts = parts;
  }

  void addTo(Routes routes) {
    routes.add("POST", "/debug/dump_engine_metrics", this::dumpMetrics);
    routes.add("POST", "/debug/reset_engine", this::reset);
  }

  private String model(Call call) {
    JsonNode json = BodyModel.object(call.jsonBody());
    json.fieldNames()
        .forEachRemaining(
            name -> {
              if (!name.equals("model")) {
                throw new InvalidRequestException(
                    Text.shown(name), "this field is not known; leave it out. Known here: model");
              }
            });
    return parts.models().choose(BodyModel.model(json));
  }

  private void dumpMetrics(Call call) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    parts
        .models()
        .get(model(call))
        .state()
        .measurements()
        .forEach(m -> json.put(m.name(), m.value()));
    call.sendJson(200, json.toString());
  }

  /** Stops what the model is doing. */
  private void reset(Call call) {
    int stopped =
        parts
            .work()
            .stop(
                model(call),
                ApiError.unavailable(
                    "engine_reset", "The engine was reset. Send the request again."));
    call.sendJson(
        200, JsonNodeFactory.instance.objectNode().put("stopped_requests", stopped).toString());
  }
}
