package org.mlcengine.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.mlcengine.MLCEngine;
import org.mlcengine.server.MlcServer;

/** Serves until the process is told to end. */
final class ServerSession {
  /** The HTTP library greets in the log; kept here, since loggers may be collected. */
  private static final Logger HTTP_LIBRARY = Logger.getLogger("io.helidon");

  private final MlcServer.Builder builder;
  private final List<MLCEngine> opened = new ArrayList<>();

  ServerSession(MlcServer.Builder builder) {
    this.builder = builder;
  }

  /** Opens the models, says where the server listens, and serves. */
  void run(Map<String, MLCEngine.Builder> engines) {
    HTTP_LIBRARY.setLevel(Level.WARNING);
    builder.check();
    try {
      engines.forEach((name, engine) -> builder.engine(name, open(engine)));
      MlcServer server = builder.start();
      GarbageWatch.start();
      Runtime.getRuntime()
          .addShutdownHook(Thread.ofPlatform().name("mlc-shutdown").unstarted(() -> end(server)));
      System.out.printf(
          "Chat at %s, OpenAI's API at %sv1, with %s. Stop with Ctrl-C.%n",
          server.uri(), server.uri(), String.join(", ", engines.keySet()));
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      closeEngines();
      throw e;
    }
  }

  private MLCEngine open(MLCEngine.Builder engine) {
    MLCEngine open = RunOptions.open(engine);
    opened.add(open);
    return open;
  }

  private void end(MlcServer server) {
    server.close();
    closeEngines();
  }

  private void closeEngines() {
    opened.forEach(MLCEngine::close);
  }
}
