package org.mlcengine.server;

import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;

/** Takes every request: checks who sends it, finds its route, and answers what that throws. */
final class FrontDoor implements Handler {
  private static final System.Logger LOGGER = System.getLogger(FrontDoor.class.getPackageName());

  private final Routes routes;
  private final Access access;
  private final Cors cors;
  private final ActiveWork work;
  private final ServerMetrics metrics;
  private final ServerLimits limits;

  FrontDoor(
      Routes routes,
      Access access,
      Cors cors,
      ActiveWork work,
      ServerMetrics metrics,
      ServerLimits limits) {
    this.routes = routes;
    this.access = access;
    this.cors = cors;
    this.work = work;
    this.metrics = metrics;
    this.limits = limits;
  }

  @Override
  public void handle(ServerRequest request, ServerResponse response) {
    long start = System.nanoTime();
    Call call = new Call(request, response, ClientConnection.current(), limits.maxBodyBytes());
    String route = "none";
    work.begin();
    try {
      cors.addHeaders(call);
      if (call.method().equals("OPTIONS") && !routes.methods(call.path()).isEmpty()) {
        cors.answerOptions(call, routes.methods(call.path()));
        return;
      }
      access.check(call);
      Routes.Match match = routes.find(call.method(), call.path());
      route = match.path();
      match.route().handle(call);
    } catch (CloseConnectionException | UncheckedIOException e) {
      LOGGER.log(Level.DEBUG, () -> call.id() + ": the client is gone");
      throw gone(e);
    } catch (RuntimeException e) {
      answer(call, e);
    } finally {
      call.closeIfAsked();
      work.end();
      long nanos = System.nanoTime() - start;
      metrics.answered(route, call.status(), nanos);
      LOGGER.log(
          Level.DEBUG,
          () ->
              "%s: %s %s %d in %d ms"
                  .formatted(
                      call.id(),
                      Text.shown(call.method()),
                      Text.shown(call.path()),
                      call.status(),
                      nanos / 1_000_000));
    }
  }

  private static RuntimeException gone(RuntimeException cause) {
    return cause instanceof UncheckedIOException
        ? new ServerConnectionException("The connection failed", cause)
        : cause;
  }

  private static void answer(Call call, RuntimeException failure) {
    if (call.status() != 0) {
      // A part of another answer is sent already; only the end of the connection tells now.
      LOGGER.log(Level.ERROR, call.id() + ": failed while answering", failure);
      throw new CloseConnectionException("Failed while answering", failure);
    }
    ApiError error = ApiError.of(failure);
    if (error == null) {
      LOGGER.log(Level.ERROR, call.id() + ": failed", failure);
      error = ApiError.internal(call.id());
    }
    call.send(error);
  }
}
