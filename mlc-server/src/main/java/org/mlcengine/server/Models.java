package org.mlcengine.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The models that are served, by name; the first is the default. */
final class Models {
  private final Map<String, ModelService> models;

  Models(Map<String, ModelService> models) {
    this.models = Collections.unmodifiableMap(new LinkedHashMap<>(models));
  }

  Map<String, ModelService> all() {
    return models;
  }

  /**
   * Returns the name of the model that a request asks for.
   *
   * @throws ApiException if there is none of that name
   */
  String choose(Optional<String> asked) {
    String name = asked.orElseGet(() -> models.keySet().iterator().next());
    if (!models.containsKey(name)) {
      throw new ApiException(
          new ApiError(
              404,
              "invalid_request_error",
              "model_not_found",
              "There is no model \"%s\". Served: %s."
                  .formatted(Text.shown(name), String.join(", ", models.keySet())),
              "model",
              Map.of()));
    }
    return name;
  }

  /** Returns a model that {@link #choose} named. */
  ModelService get(String name) {
    ModelService model = models.get(name);
    if (model == null) {
      throw new IllegalArgumentException(name);
    }
    return model;
  }

  ObjectNode json(String name) {
    ModelService.ModelFacts facts = get(name).facts();
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", name)
        .put("object", "model")
        .put("created", facts.created())
        .put("owned_by", "mlc-engine")
        .put("context_window", facts.contextWindow());
  }

  ObjectNode listJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("object", "list");
    ArrayNode data = json.putArray("data");
    models.keySet().forEach(name -> data.add(json(name)));
    return json;
  }
}
