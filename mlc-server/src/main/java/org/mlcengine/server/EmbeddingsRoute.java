package org.mlcengine.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/** Refuses embeddings by the name of the model that makes none. */
final class EmbeddingsRoute implements Route {
  private final Models models;

  EmbeddingsRoute(Models models) {
    this.models = models;
  }

  @Override
  public void handle(Call call) {
    JsonNode json = BodyModel.object(call.jsonBody());
    String name = models.choose(BodyModel.model(json));
    throw new ApiException(
        new ApiError(
            400,
            "invalid_request_error",
            "model_not_supported",
            "The model \"%s\" makes no embeddings. Ask a server that serves an embedding model."
                .formatted(name),
            "model",
            Map.of()));
  }
}
