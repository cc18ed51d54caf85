package org.mlcengine.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http1.Http1Connection;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection of a client: ends it if a request takes too long to arrive, and notices if the
 * client goes while its request is handled.
 *
 * <p>Except for the deadline, all happens on the connection's own thread.
 */
final class ClientConnection implements ServerConnection, Supplier<byte @Nullable []> {
  private static final ThreadLocal<ClientConnection> CURRENT = new ThreadLocal<>();

  private static final long DRAINED_BYTES = 64 << 20;
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

  private final ConnectionContext context;
  private final DataReader reader = DataReader.create(this);
  private final Http1Connection http;
  private final ServerLimits limits;
  private final Deadlines deadlines;
  private final ServerMetrics metrics;
  private @Nullable Future<?> deadline;
  private @Nullable CompletableFuture<byte @Nullable []> ahead;
  private long received;
  private boolean late;
  private boolean wholeRequest;
  private volatile boolean closing;

  ClientConnection(
      ConnectionContext context,
      Http1ConnectionSelector selector,
      ServerLimits limits,
      Deadlines deadlines,
      ServerMetrics metrics) {
    this.context = context;
    this.metrics = metrics;
    this.limits = limits;
    this.deadlines = deadlines;
    http = (Http1Connection) selector.connection(new WatchedContext(context, reader));
  }

  /** Returns the connection of the request that this thread handles. */
  static ClientConnection current() {
    return CURRENT.get();
  }

  @Override
  public void handle(Limit limit) throws InterruptedException {
    CURRENT.set(this);
    try {
      http.handle(limit);
      // A client that is still sending its request would not see the answer if the connection were
      // reset under it.
      if (!closing && !wholeRequest) {
        drain();
      }
    } finally {
      arrived();
      CURRENT.remove();
    }
  }

  @Override
  public Duration idleTime() {
    return http.idleTime();
  }

  @Override
  public void close(boolean interrupt) {
    closing = true;
    http.close(interrupt);
  }

  /** Ends the wait for the request, which has arrived. */
  synchronized void arrived() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
    received = 0;
  }

  /**
   * Runs an action if the client closes the connection before it sends more. To be called when the
   * request has arrived.
   */
  void whenGone(Runnable action) {
    CompletableFuture<byte @Nullable []> next = ahead;
    if (next == null) {
      next = readAhead();
      ahead = next;
    }
    next.thenAccept(
        data -> {
          if (data == null) {
            action.run();
          }
        });
  }

  private CompletableFuture<byte @Nullable []> readAhead() {
    CompletableFuture<byte @Nullable []> next = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("mlc-server-watch")
        .start(
            () -> {
              byte[] data = null;
              try {
                data = context.serverSocket().get();
              } catch (UncheckedIOException e) {
                // A reset connection is a closed one.
              } finally {
                next.complete(data);
              }
            });
    return next;
  }

  /**
   * Ends the connection when the answer to the current request is sent, as Helidon's own connection
   * does not.
   *
   * @param whole whether the whole request has been read
   */
  void closeAfterAnswer(boolean whole) {
    wholeRequest = whole;
    http.close(false);
  }

  /** Ends the connection at once. */
  void abort() {
    try {
      context.serverSocket().close();
    } catch (UncheckedIOException e) {
      // It is closed already.
    }
  }

  /** Waits for the next bytes of the client; null at their end. */
  @Override
  public byte @Nullable [] get() {
    if (http.canInterrupt() && reader.available() == 0) {
      arrived();
    }
    byte[] data = ahead == null ? read() : takeAhead(ahead);
    ahead = null;
    if (data != null) {
      expectRest(data.length);
    }
    return data;
  }

  private byte @Nullable [] read() {
    try {
      return context.serverSocket().get();
    } catch (UncheckedIOException e) {
      throw new ServerConnectionException("The connection failed", e);
    }
  }

  private static byte @Nullable [] takeAhead(Future<byte @Nullable []> ahead) {
    try {
      return ahead.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CloseConnectionException("Interrupted between two requests", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private synchronized void expectRest(int count) {
    received += count;
    if (late) {
      throw new CloseConnectionException("The request came too slowly");
    }
    // Chunks of one byte have six of framing.
    if (received > limits.maxHeaderBytes() + 8 * limits.maxBodyBytes()) {
      throw new CloseConnectionException("The request has too much framing");
    }
    if (deadline == null) {
      deadline = deadlines.in(limits.receiveTimeout(), this::tooSlow);
    }
  }

  private void tooSlow() {
    synchronized (this) {
      if (deadline == null || late) {
        return;
      }
      late = true;
    }
    metrics.refused(408);
    byte[] body =
        ApiError.transport(
                408,
                "request_timeout",
                "The request was not received within %d ms. Send it faster, or raise the server's"
                        .formatted(limits.receiveTimeout().toMillis())
                    + " limit.")
            .json();
    String head =
        "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length
            + "\r\nConnection: close\r\n\r\n";
    try {
      context
          .dataWriter()
          .writeNow(
              BufferData.create(
                  BufferData.create(head.getBytes(US_ASCII)), BufferData.create(body)));
    } catch (RuntimeException e) {
      // The client is gone.
    } finally {
      abort();
    }
  }

  /** Reads and forgets what the client still sends, until it pauses. */
  private void drain() {
    arrived();
    long left = DRAINED_BYTES;
    long end = System.nanoTime() + limits.receiveTimeout().toNanos();
    while (left > 0 && System.nanoTime() < end) {
      Future<?> pause = deadlines.in(LONGEST_PAUSE, this::abort);
      byte[] data = read();
      pause.cancel(false);
      if (data == null) {
        return;
      }
      left -= data.length;
    }
  }
}
