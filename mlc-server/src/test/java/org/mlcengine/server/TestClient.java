package org.mlcengine.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

/** Sends requests to a server of a test. */
final class TestClient {
  static final String CHAT = "/v1/chat/completions";
  static final String HELLO = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private TestClient() {}

  static HttpRequest.Builder request(MlcServer server, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
  }

  static HttpResponse<String> get(MlcServer server, String path) {
    return send(request(server, path));
  }

  static HttpResponse<String> post(MlcServer server, String path, String body) {
    return post(server, path, body.getBytes(StandardCharsets.UTF_8));
  }

  static HttpResponse<String> post(MlcServer server, String path, byte[] body) {
    return send(
        request(server, path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
  }

  static HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  static JsonNode json(HttpResponse<String> response) {
    return json(response.body());
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(text, e);
    }
  }

  /** Returns the error of an answer. */
  static JsonNode error(HttpResponse<String> response) {
    return json(response).path("error");
  }

  /** Returns a chat request with more fields. */
  static String hello(String fields) {
    return HELLO.substring(0, HELLO.length() - 1) + "," + fields + "}";
  }
}
