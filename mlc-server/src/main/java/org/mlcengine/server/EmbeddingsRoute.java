package org.mlcengine.server;

import java.util.Optional;
import org.mlcengine.protocol.EmbeddingCreateParams;
import org.mlcengine.protocol.EmbeddingResponse;
import org.mlcengine.protocol.ProtocolJson;

/** Embeds texts. */
final class EmbeddingsRoute implements Route {
  private final ServerParts parts;

  EmbeddingsRoute(ServerParts parts) {
    this.parts = parts;
  }

  @Override
  public void handle(Call call) {
    EmbeddingCreateParams request = ProtocolJson.read(call.jsonBody(), EmbeddingCreateParams.class);
    String name = parts.models().choose(request.model());
    EmbeddingCreateParams complete = request.toBuilder().model(name).build();
    WholeReply<EmbeddingResponse> reply =
        new WholeReply<>(name, () -> parts.models().get(name).embed(complete));
    EmbeddingResponse response = parts.await(call, reply);
    parts.metrics().generated(name, 1, Optional.of(response.usage()));
    call.sendJson(200, ProtocolJson.write(response));
  }
}
