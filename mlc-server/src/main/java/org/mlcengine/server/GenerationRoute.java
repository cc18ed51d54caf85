package org.mlcengine.server;

import io.helidon.webserver.CloseConnectionException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.protocol.GenerationParams;
import org.mlcengine.protocol.ProtocolJson;
import org.mlcengine.protocol.Usage;

/** Generates text: reads a request, and sends the reply whole or as it is generated. */
final class GenerationRoute<P extends GenerationParams, R, C> implements Route {
  private static final System.Logger LOGGER =
      System.getLogger(GenerationRoute.class.getPackageName());

  /** How long a client that takes nothing is waited for when its time is over. */
  private static final Duration LAST_WRITE = Duration.ofSeconds(5);

  private final GenerationApi<P, R, C> api;
  private final ServerParts parts;

  GenerationRoute(GenerationApi<P, R, C> api, ServerParts parts) {
    this.api = api;
    this.parts = parts;
  }

  @Override
  public void handle(Call call) {
    byte[] body = call.jsonBody();
    P request = ProtocolJson.read(body, api.requestType());
    String name = parts.models().choose(request.model());
    checkMessages(api.messages(request));
    if (parts.logPrompts()) {
      String text = new String(body, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", " ");
      LOGGER.log(Level.INFO, call.id() + ": " + text);
    }
    P complete = api.complete(request, name);
    if (request.stream()) {
      stream(call, name, request, complete);
    } else {
      whole(call, name, complete);
    }
  }

  private void checkMessages(int count) {
    int most = parts.limits().maxMessages();
    if (count > most) {
      throw new InvalidRequestException(
          "messages",
          "expected at most %d, found %d. Leave old ones out, or raise the server's limit."
              .formatted(most, count));
    }
  }

  private void whole(Call call, String name, P request) {
    R reply =
        parts.await(
            call, new WholeReply<>(name, () -> api.create(parts.models().get(name), request)));
    parts.metrics().generated(name, request.n(), api.usageOf(reply));
    call.sendJson(200, ProtocolJson.write(reply));
  }

  private void stream(Call call, String name, P request, P complete) {
    try (ModelService.Chunks<C> chunks = api.stream(parts.models().get(name), complete)) {
      StreamedReply reply = new StreamedReply(name, chunks::close);
      parts.work().add(reply);
      Duration time = parts.limits().requestTimeout();
      Future<?> deadline = parts.deadlines().in(time, () -> reply.stop(parts.timeout()));
      Future<?> last = parts.deadlines().in(time.plus(LAST_WRITE), call::abort);
      try {
        call.whenGone(reply::abandon);
        send(call, name, request, chunks, reply);
      } finally {
        last.cancel(false);
        deadline.cancel(false);
        parts.work().remove(reply);
      }
    }
  }

  private void send(
      Call call, String name, P request, ModelService.Chunks<C> chunks, StreamedReply reply) {
    @Nullable EventWriter events = null;
    try {
      for (C chunk : chunks) {
        if (reply.stopped()) {
          break;
        }
        Optional<Usage> usage = api.usageOfChunk(chunk);
        if (usage.isPresent()) {
          parts.metrics().generated(name, request.n(), usage);
        }
        if (usage.isEmpty() || request.includeUsage()) {
          events = events == null ? call.events() : events;
          events.send(ProtocolJson.write(chunk));
        }
      }
      reply.throwIfStopped();
    } catch (RuntimeException e) {
      if (events == null || isGone(e)) {
        throw e;
      }
      events.send(inStream(call, e).text());
      events.close();
      return;
    }
    events = events == null ? call.events() : events;
    events.send("[DONE]");
    events.close();
  }

  private static boolean isGone(RuntimeException failure) {
    return failure instanceof CloseConnectionException || failure instanceof UncheckedIOException;
  }

  private static ApiError inStream(Call call, RuntimeException failure) {
    ApiError error = ApiError.of(failure);
    if (error != null) {
      return error;
    }
    LOGGER.log(Level.ERROR, call.id() + ": failed in the middle of a reply", failure);
    return ApiError.internal(call.id());
  }
}
