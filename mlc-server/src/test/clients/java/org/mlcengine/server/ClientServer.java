package org.mlcengine.server;

import org.mlcengine.MLCEngine;

/** A server of the default model for clients that are not ours. */
final class ClientServer implements AutoCloseable {
  static final String KEY = "a-key-of-the-tests";

  private final MLCEngine engine;
  private final MlcServer server;

  /** Opens the model with a context of some length. */
  ClientServer(int contextWindow) {
    engine =
        MLCEngine.builder()
            .model(EngineServerTest.model())
            .contextWindowSize(contextWindow)
            .maxNumSequence(4)
            .build();
    server = MlcServer.builder().engine(engine).port(0).apiKey(KEY).debugEndpoints(true).start();
  }

  /** Returns the address, with a slash at its end. */
  String url() {
    return server.uri().toString();
  }

  @Override
  public void close() {
    server.close();
    engine.close();
  }
}
