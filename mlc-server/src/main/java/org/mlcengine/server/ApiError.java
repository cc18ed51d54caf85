package org.mlcengine.server;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.ContextLengthExceededException;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.ModelNotLoadedException;
import org.mlcengine.errors.QueueFullException;
import org.mlcengine.errors.RequestTimeoutException;

/**
 * An error as OpenAI's API has it.
 *
 * @param status the HTTP status
 * @param type the kind of error, for instance {@code invalid_request_error}
 * @param code what programs tell errors apart by
 * @param message what was expected, what was found, and the remedy
 * @param param the field of the request that is wrong
 * @param headers more headers of the answer
 */
record ApiError(
    int status,
    String type,
    @Nullable String code,
    String message,
    @Nullable String param,
    Map<String, String> headers) {
  private static final String INVALID = "invalid_request_error";
  private static final String SERVER = "server_error";

  static ApiError invalid(@Nullable String param, String message) {
    return new ApiError(400, INVALID, null, message, param, Map.of());
  }

  /** An error in how the request was sent, not in its fields. */
  static ApiError transport(int status, String code, String message) {
    return new ApiError(status, INVALID, code, message, null, Map.of());
  }

  static ApiError unavailable(String code, String message) {
    return new ApiError(503, SERVER, code, message, null, Map.of("Retry-After", "1"));
  }

  static ApiError internal(String requestId) {
    String message =
        "The server failed to handle the request; its log says why under the request id "
            + requestId
            + ".";
    return new ApiError(500, SERVER, null, message, null, Map.of());
  }

  ApiError with(String header, String value) {
    return new ApiError(status, type, code, message, param, Map.of(header, value));
  }

  /** Returns the error for what the engine threw; null if no request can have caused it. */
  static @Nullable ApiError of(RuntimeException failure) {
    return switch (failure) {
      case ApiException e -> e.error();
      case InvalidRequestException e -> invalid(e.parameter(), String.valueOf(e.getMessage()));
      case ContextLengthExceededException e ->
          new ApiError(
              400,
              INVALID,
              "context_length_exceeded",
              String.valueOf(e.getMessage()),
              e.parameter(),
              Map.of());
      case QueueFullException e ->
          new ApiError(
              429,
              "rate_limit_error",
              "rate_limit_exceeded",
              String.valueOf(e.getMessage()),
              null,
              Map.of("Retry-After", "1"));
      case RequestTimeoutException e ->
          unavailable("request_timeout", String.valueOf(e.getMessage()));
      case ModelNotLoadedException e ->
          unavailable("model_not_loaded", "The model is not loaded. Send the request again later.");
      case EngineClosedException e ->
          unavailable("model_closed", "The model was closed. Send the request to another server.");
      default -> null;
    };
  }

  /** Returns the body of the answer. */
  byte[] json() {
    return text().getBytes(StandardCharsets.UTF_8);
  }

  /** Returns the body of the answer as text of one line. */
  String text() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.putObject("error")
        .put("message", message)
        .put("type", type)
        .put("param", param)
        .put("code", code);
    return json.toString();
  }
}
