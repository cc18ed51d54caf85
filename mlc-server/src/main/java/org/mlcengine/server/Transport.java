package org.mlcengine.server;

import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Errors in how a request is sent: HTTP that is malformed or too large. */
final class Transport implements DirectHandler {
  /** What Helidon says of them, with status 400. */
  private static final String HEADERS_TOO_LONG = "Header size exceeded";

  private static final Status TOO_LONG = Status.create(431, "Request Header Fields Too Large");

  private final long maxBodyBytes;
  private final ServerMetrics metrics;

  Transport(long maxBodyBytes, ServerMetrics metrics) {
    this.maxBodyBytes = maxBodyBytes;
    this.metrics = metrics;
  }

  static ApiError error(int status, @Nullable String message, long maxBodyBytes) {
    String found = message == null || message.isEmpty() ? "The request is malformed." : message;
    return switch (status) {
      case 413 ->
          ApiError.transport(
              413,
              "request_too_large",
              "The body is longer than %d bytes. Send less, or raise the server's limit."
                  .formatted(maxBodyBytes));
      case 414 -> ApiError.transport(414, "uri_too_long", found);
      case 431 -> ApiError.transport(431, "headers_too_large", found);
      case 505 -> ApiError.transport(505, "http_version_not_supported", found);
      case 500 ->
          new ApiError(
              500, "server_error", null, "The server failed; its log says why.", null, Map.of());
      default ->
          found.equals(HEADERS_TOO_LONG)
              ? error(431, "The headers are too long. Send less, or raise the server's limit.", 0)
              : ApiError.transport(status, "malformed_request", found);
    };
  }

  @Override
  public TransportResponse handle(
      TransportRequest request,
      EventType type,
      Status status,
      ServerResponseHeaders headers,
      @Nullable String message) {
    ApiError error = error(status.code(), message, maxBodyBytes);
    metrics.refused(error.status());
    return TransportResponse.builder()
        .status(error.status() == 431 ? TOO_LONG : status)
        .headers(headers)
        .header(HeaderNames.CONTENT_TYPE, "application/json")
        .header(HeaderNames.create("x-request-id"), RequestIds.choose(Optional.empty()))
        .keepAlive(false)
        .entity(error.json())
        .build();
  }
}
