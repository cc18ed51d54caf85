package org.mlcengine.server;

import io.helidon.common.socket.SocketOptions;
import io.helidon.http.DirectHandler;
import io.helidon.webserver.ErrorHandling;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.DirectHandlers;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.mlcengine.MLCEngine;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.MLCException;

/**
 * An HTTP server that speaks OpenAI's API over engines in this process, with a chat page at its
 * root.
 *
 * <pre>{@code
 * try (MLCEngine engine = MLCEngine.builder().model(folder).build();
 *     MlcServer server = MlcServer.builder().engine(engine).start()) {
 *   System.out.println("Listening at " + server.uri());
 *   Thread.currentThread().join();
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads.
 */
public final class MlcServer implements AutoCloseable {
  private final WebServer web;
  private final ActiveWork work;
  private final Deadlines deadlines;
  private final String host;
  private final Duration shutdownGrace;
  private final AtomicBoolean closed = new AtomicBoolean();

  private MlcServer(
      WebServer web, ActiveWork work, Deadlines deadlines, String host, Duration shutdownGrace) {
    this.web = web;
    this.work = work;
    this.deadlines = deadlines;
    this.host = host;
    this.shutdownGrace = shutdownGrace;
  }

  /** Returns a builder that needs an engine. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the port that the server listens on. */
  public int port() {
    return web.port();
  }

  /** Returns the address of the chat page; the API is at {@code v1} below it. */
  public URI uri() {
    String name = host.contains(":") ? "[" + host + "]" : host;
    return URI.create("http://" + name + ":" + port() + "/");
  }

  /**
   * Takes no more work, waits until what runs is finished or the grace period is over, stops what
   * is left with an error, and ends all connections. The engines stay open. Closing again does
   * nothing.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    work.drain();
    try {
      if (!work.awaitEnd(shutdownGrace)) {
        work.stopAll(ApiError.unavailable("shutting_down", "The server was shut down."));
        work.awaitEnd(Duration.ofSeconds(2));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    web.stop();
    deadlines.close();
  }

  /** Starts servers. */
  public static final class Builder {
    private final Map<String, MLCEngine> engines = new LinkedHashMap<>();
    private final Set<String> origins = new HashSet<>();
    private String host = "127.0.0.1";
    private int port = 8000;
    private @Nullable String apiKey;
    private ServerLimits limits = ServerLimits.DEFAULT;
    private Duration shutdownGrace = Duration.ofSeconds(30);
    private boolean debugEndpoints;
    private boolean logPrompts;

    private Builder() {}

    /** Adds an engine under its model's name; the first is used if a request names no model. */
    public Builder engine(MLCEngine engine) {
      return engine(engine.info().model(), engine);
    }

    /**
     * Adds an engine under a name of its own.
     *
     * @throws InvalidRequestException if there is one of this name
     */
    public Builder engine(String name, MLCEngine engine) {
      if (engines.putIfAbsent(name, engine) != null) {
        throw new InvalidRequestException(
            "model", "expected models of different names, found two of \"" + name + "\".");
      }
      return this;
    }

    /** Sets the address to listen on. Default: 127.0.0.1. Any but a loopback one needs a key. */
    public Builder host(String address) {
      host = address;
      return this;
    }

    /** Sets the port; 0 takes a free one. Default: 8000. */
    public Builder port(int number) {
      port = number;
      return this;
    }

    /** Sets the key that clients must send. Default: none. */
    public Builder apiKey(String key) {
      apiKey = key;
      return this;
    }

    /** Adds an origin whose web pages may use the server; a star is any. Default: none. */
    public Builder cors(String origin) {
      origins.add(origin);
      return this;
    }

    /** Sets what is taken from clients. Default: {@link ServerLimits#DEFAULT}. */
    public Builder limits(ServerLimits value) {
      limits = value;
      return this;
    }

    /** Sets how long closing waits for what runs. Default: 30 seconds. */
    public Builder shutdownGrace(Duration time) {
      shutdownGrace = time;
      return this;
    }

    /** Sets whether MLC's requests for debugging are answered. Default: false. */
    public Builder debugEndpoints(boolean value) {
      debugEndpoints = value;
      return this;
    }

    /** Sets whether the bodies of requests are logged. Default: false. */
    public Builder logPrompts(boolean value) {
      logPrompts = value;
      return this;
    }

    /**
     * Listens; returns when requests can be sent.
     *
     * @throws InvalidRequestException if an option is out of its range, there is no engine, or the
     *     address needs a key
     * @throws org.mlcengine.errors.MLCException if the address cannot be listened on
     */
    public MlcServer start() {
      if (engines.isEmpty()) {
        throw new InvalidRequestException(
            "engine", "expected at least one engine, found none. Add one with builder().engine().");
      }
      Map<String, ModelService> models = new LinkedHashMap<>();
      engines.forEach((name, engine) -> models.put(name, new EngineModel(engine)));
      return start(models);
    }

    MlcServer start(Map<String, ModelService> models) {
      check();
      ActiveWork work = new ActiveWork();
      Deadlines deadlines = new Deadlines();
      ServerParts parts =
          new ServerParts(
              new Models(models), work, deadlines, new ServerMetrics(), limits, logPrompts);
      FrontDoor door =
          new FrontDoor(
              routes(parts),
              new Access(apiKey, host),
              new Cors(origins),
              work,
              parts.metrics(),
              limits);
      return new MlcServer(listen(door, parts), work, deadlines, host, shutdownGrace);
    }

    /**
     * Checks the options as {@link #start()} does, which a program may do before it opens engines.
     *
     * @throws InvalidRequestException if an option is out of its range, or the address needs a key
     */
    public Builder check() {
      requireRange("port", port, 0, 65535);
      if (apiKey != null && apiKey.isBlank()) {
        throw new InvalidRequestException("apiKey", "expected a key, found an empty text.");
      }
      if (apiKey == null && !isLoopback(host)) {
        throw new InvalidRequestException(
            "host",
            "expected a loopback address, since there is no API key, found "
                + host
                + ". Set an API key, or listen on 127.0.0.1.");
      }
      return this;
    }

    private static void requireRange(String name, int value, int from, int to) {
      if (value < from || value > to) {
        throw new InvalidRequestException(
            name, "expected a number from %d to %d, found %d.".formatted(from, to, value));
      }
    }

    private static boolean isLoopback(String host) {
      try {
        return InetAddress.getByName(host).isLoopbackAddress();
      } catch (UnknownHostException e) {
        throw new InvalidRequestException("host", "expected an address, found " + host + ".");
      }
    }

    private Routes routes(ServerParts parts) {
      Routes routes = new Routes();
      routes.add(
          "POST", "/v1/chat/completions", new GenerationRoute<>(new GenerationApi.Chat(), parts));
      routes.add("POST", "/v1/completions", new GenerationRoute<>(new GenerationApi.Text(), parts));
      routes.add("POST", "/v1/embeddings", new EmbeddingsRoute(parts));
      new InfoRoutes(parts).addTo(routes);
      StaticFiles.addTo(routes);
      if (debugEndpoints) {
        new DebugRoutes(parts).addTo(routes);
      }
      return routes;
    }

    private WebServer listen(FrontDoor door, ServerParts parts) {
      DirectHandlers.Builder errors = DirectHandlers.builder();
      Transport transport = new Transport(limits.maxBodyBytes(), parts.metrics());
      for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
        errors.addHandler(type, transport);
      }
      WebServer server =
          WebServer.builder()
              .host(host)
              .port(port)
              .protocolsDiscoverServices(false)
              .featuresDiscoverServices(false)
              .addConnectionSelector(
                  new ConnectionSelector(limits, parts.deadlines(), parts.metrics()))
              .connectionOptions(SocketOptions.builder().tcpNoDelay(true).build())
              .maxTcpConnections(limits.maxConnections())
              .maxPayloadSize(limits.maxBodyBytes())
              .shutdownHook(false)
              .shutdownGracePeriod(Duration.ofMillis(500))
              .errorHandling(ErrorHandling.builder().includeEntity(true).build())
              .directHandlers(errors.build())
              .routing(routing -> routing.any(door))
              .build();
      server.start();
      if (!server.isRunning()) {
        throw new MLCException(
            "Cannot listen on %s port %d: it is in use, or not this machine's. Choose another port."
                .formatted(host, port));
      }
      return server;
    }
  }
}
