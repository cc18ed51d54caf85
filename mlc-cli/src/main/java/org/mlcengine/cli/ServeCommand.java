package org.mlcengine.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mlcengine.EngineMode;
import org.mlcengine.MLCEngine;
import org.mlcengine.server.MlcServer;
import org.mlcengine.server.ServerLimits;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = {
      "Serves models over HTTP with OpenAI's API, and a chat page.",
      "A request's field model names the one that it is for, by its folder's name; without it, the"
          + " first is used."
    })
final class ServeCommand implements Runnable {
  @Mixin private final RunOptions run = new RunOptions();

  @Parameters(
      arity = "0..*",
      paramLabel = "MODEL",
      description = "Model folders. Default: SmolLM2-135M-Instruct, made on first use.")
  private List<Path> models = new ArrayList<>();

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description =
          "The address to listen on; any but a loopback one needs --api-key. Default: ${DEFAULT-VALUE}.")
  private String host = "";

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8000",
      description = "The port to listen on; 0 takes a free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--api-key",
      paramLabel = "KEY",
      defaultValue = "${env:MLC_API_KEY}",
      description =
          "The key that clients must send. Default: MLC_API_KEY of the environment, or none.")
  private @Nullable String apiKey;

  @Option(
      names = "--max-queue",
      paramLabel = "N",
      defaultValue = "1024",
      description =
          "How many sequences may wait for each model; more are refused with status 429. Default: ${DEFAULT-VALUE}.")
  private int maxQueue;

  @Option(
      names = "--cors",
      paramLabel = "ORIGIN",
      split = ",",
      description = "Let web pages of this origin use the server; * is any. May be repeated.")
  private List<String> origins = new ArrayList<>();

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      defaultValue = "local",
      description =
          "How much memory the KV cache may take: local (4 sequences), interactive (1) or server (as many as fit). Default: ${DEFAULT-VALUE}.")
  private EngineMode mode = EngineMode.LOCAL;

  @Option(
      names = "--max-num-sequence",
      paramLabel = "N",
      description = "How many sequences of a model run at once. Default: the mode's.")
  private @Nullable Integer maxNumSequence;

  @Option(
      names = "--idle-unload",
      paramLabel = "TIME",
      converter = TimeSpan.class,
      description =
          "After how long without a request a model's memory is freed, for instance 10m; the next request loads it again. Default: never.")
  private @Nullable Duration idleUnload;

  @Option(
      names = "--request-timeout",
      paramLabel = "SECONDS",
      description = "How long a reply may take, the wait included. Default: 1800.")
  private @Nullable Integer requestTimeout;

  @Option(
      names = "--shutdown-grace",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long a shutdown waits for what runs. Default: ${DEFAULT-VALUE}.")
  private int shutdownGrace;

  @Option(names = "--enable-debug", description = "Answer MLC's requests under /debug.")
  private boolean debug;

  @Option(names = "--log-prompts", description = "Log the bodies of requests to standard error.")
  private boolean logPrompts;

  @Override
  public void run() {
    MlcServer.Builder server =
        MlcServer.builder()
            .host(host)
            .port(port)
            .shutdownGrace(Duration.ofSeconds(shutdownGrace))
            .debugEndpoints(debug)
            .logPrompts(logPrompts);
    origins.forEach(server::cors);
    if (apiKey != null && !apiKey.isEmpty()) {
      server.apiKey(apiKey);
    }
    if (requestTimeout != null) {
      server.limits(ServerLimits.DEFAULT.withRequestTimeout(Duration.ofSeconds(requestTimeout)));
    }
    new ServerSession(server).run(engines());
  }

  /** Returns what opens the models, by the names that requests use. */
  private Map<String, MLCEngine.Builder> engines() {
    Map<String, MLCEngine.Builder> engines = new LinkedHashMap<>();
    if (models.isEmpty()) {
      engines.put(DefaultModel.NAME, engine(DefaultModel.folder()));
    }
    for (Path folder : models) {
      Path name = folder.toAbsolutePath().normalize().getFileName();
      if (engines.putIfAbsent(String.valueOf(name), engine(folder)) != null) {
        throw new CommandException(
            "two model folders are called " + name + "; requests name models by their folders");
      }
    }
    return engines;
  }

  private MLCEngine.Builder engine(Path folder) {
    MLCEngine.Builder builder = run.builder(folder, mode).maxQueue(maxQueue);
    if (idleUnload != null) {
      builder.idleUnload(idleUnload);
    }
    return maxNumSequence == null ? builder : builder.maxNumSequence(maxNumSequence);
  }
}
