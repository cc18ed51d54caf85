package org.mlcengine.server;

import java.util.List;
import org.mlcengine.MLCEngine;
import org.mlcengine.protocol.EmbeddingCreateParams;
import org.mlcengine.protocol.EmbeddingResponse;

/** A server of the default model and of an encoder, for clients that are not ours. */
final class ClientServer implements AutoCloseable {
  static final String KEY = "a-key-of-the-tests";

  /** The encoder's name; it is the second model. */
  static final String ENCODER = "encoder";

  static final List<String> TEXTS =
      List.of("A man is eating food.", "Paris is the capital of France.", "naïve café 日本 🚀", "x");

  private final MLCEngine engine;
  private final MLCEngine encoder;
  private final MlcServer server;

  /** Opens the models, the first with a context of some length. */
  ClientServer(int contextWindow) {
    engine =
        MLCEngine.builder()
            .model(EngineServerTest.model())
            .contextWindowSize(contextWindow)
            .maxNumSequence(4)
            .build();
    encoder = MLCEngine.builder().model(EngineServerTest.encoder()).build();
    server =
        MlcServer.builder()
            .engine(engine)
            .engine(ENCODER, encoder)
            .port(0)
            .apiKey(KEY)
            .debugEndpoints(true)
            .start();
  }

  /** Returns the address, with a slash at its end. */
  String url() {
    return server.uri().toString();
  }

  /** Returns the vectors of {@link #TEXTS}, made without the server. */
  List<float[]> vectors() {
    EmbeddingCreateParams request = EmbeddingCreateParams.builder().input(TEXTS).build();
    return encoder.embeddings().create(request).data().stream()
        .map(EmbeddingResponse.Embedding::vector)
        .toList();
  }

  @Override
  public void close() {
    server.close();
    encoder.close();
    engine.close();
  }
}
