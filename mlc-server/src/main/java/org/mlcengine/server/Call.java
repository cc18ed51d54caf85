package org.mlcengine.server;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A request that is being handled, and the answer to it. */
final class Call {
  private static final HeaderName REQUEST_ID = HeaderNames.create("x-request-id");

  private final ServerRequest request;
  private final ServerResponse response;
  private final ClientConnection connection;
  private final long maxBodyBytes;
  private final String id;
  private int status;
  private boolean bodyRead;

  Call(
      ServerRequest request,
      ServerResponse response,
      ClientConnection connection,
      long maxBodyBytes) {
    this.request = request;
    this.response = response;
    this.connection = connection;
    this.maxBodyBytes = maxBodyBytes;
    id = RequestIds.choose(header("x-request-id"));
    response.header(REQUEST_ID, id);
    if (!request.content().hasEntity()) {
      connection.arrived();
    }
  }

  String id() {
    return id;
  }

  String method() {
    return request.prologue().method().text();
  }

  /** Returns the path, decoded. */
  String path() {
    return request.path().path();
  }

  Optional<String> header(String name) {
    return request.headers().first(HeaderNames.create(name));
  }

  /** Sets a header of the answer; to be called before the answer is sent. */
  void setHeader(String name, String value) {
    response.header(HeaderNames.create(name), value);
  }

  /** Returns the status that was answered; 0 if there is none yet. */
  int status() {
    return status;
  }

  /**
   * Reads the body, which must say that it is JSON.
   *
   * @throws ApiException if it is of another type or too long
   */
  byte[] jsonBody() {
    String type =
        header("content-type")
            .map(v -> v.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
            .orElse("");
    if (!type.equals("application/json")) {
      throw new ApiException(
          ApiError.transport(
              415,
              "unsupported_media_type",
              "Expected the header Content-Type: application/json, found "
                  + (type.isEmpty() ? "none" : Text.shown(type))
                  + "."));
    }
    byte[] body = readBody();
    bodyRead = true;
    connection.arrived();
    return body;
  }

  private byte[] readBody() {
    // Closing the stream would read the rest of a body that is refused.
    InputStream input = request.content().inputStream();
    try {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      byte[] buffer = new byte[8192];
      for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
        body.write(buffer, 0, count);
      }
      return body.toByteArray();
    } catch (RequestException e) {
      throw refused(Transport.error(e.status().code(), e.getMessage(), maxBodyBytes));
    } catch (IllegalArgumentException | DataReader.IncorrectNewLineException e) {
      throw refused(Transport.error(400, "The chunks of the body are malformed.", maxBodyBytes));
    } catch (DataReader.InsufficientDataAvailableException e) {
      throw new CloseConnectionException("The client went while it sent a body", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ApiException refused(ApiError error) {
    setHeader("connection", "close");
    return new ApiException(error);
  }

  /** Ends the connection behind the answer, if that or the request says so. */
  void closeIfAsked() {
    if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)
        || response.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
      connection.closeAfterAnswer(bodyRead || !request.content().hasEntity());
    }
  }

  /** Runs an action if the client goes before it has the answer. */
  void whenGone(Runnable action) {
    connection.whenGone(action);
  }

  /** Ends the connection at once. */
  void abort() {
    connection.abort();
  }

  void send(int status, String contentType, byte[] body) {
    begin(status, contentType);
    if (method().equals("HEAD")) {
      setHeader("content-length", Integer.toString(body.length));
      response.send();
    } else {
      response.send(body);
    }
  }

  void send(ApiError error) {
    error.headers().forEach(this::setHeader);
    send(error.status(), "application/json", error.json());
  }

  /** Answers without a body. */
  void sendNothing() {
    status = 204;
    response.status(Status.NO_CONTENT_204).send();
  }

  /** Begins an answer of server-sent events. */
  EventWriter events() {
    begin(200, "text/event-stream; charset=utf-8");
    setHeader("cache-control", "no-cache");
    setHeader("x-accel-buffering", "no");
    return new EventWriter(response.outputStream());
  }

  private void begin(int code, String contentType) {
    status = code;
    response.status(Status.create(code));
    response.header(HeaderNames.CONTENT_TYPE, contentType);
  }

  void sendJson(int code, String json) {
    send(code, "application/json", json.getBytes(StandardCharsets.UTF_8));
  }

  /** Sets several headers of the answer. */
  void setHeaders(Map<String, String> headers) {
    headers.forEach(this::setHeader);
  }
}
