package org.mlcengine.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** A client that speaks HTTP by hand, and may do it badly. */
final class RawClient implements AutoCloseable {
  private final Socket socket;
  private final InputStream input;

  RawClient(MlcServer server) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    input = socket.getInputStream();
  }

  void send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(UTF_8));
  }

  /** Sends a request with a JSON body. */
  void post(String path, String body) throws IOException {
    send(
        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(path, body.getBytes(UTF_8).length, body));
  }

  /** Reads the status line and the headers of an answer. */
  List<String> head() throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      lines.add(line);
    }
    return lines;
  }

  /** Reads up to the end of a line. */
  String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = input.read(); c != '\n'; c = input.read()) {
      if (c < 0) {
        throw new IOException("The connection ended behind: " + line);
      }
      line.append((char) c);
    }
    return line.toString().stripTrailing();
  }

  /** Reads an answer that says how long its body is; returns its status line and the body. */
  String answer() throws IOException {
    List<String> head = head();
    int length =
        head.stream()
            .filter(line -> line.startsWith("Content-Length: "))
            .mapToInt(line -> Integer.parseInt(line.substring("Content-Length: ".length())))
            .findAny()
            .orElseThrow();
    return head.getFirst() + "\n" + new String(input.readNBytes(length), UTF_8);
  }

  /** Reads one chunk of a chunked body; empty at its end. */
  String chunk() throws IOException {
    int size = Integer.parseInt(line(), 16);
    String chunk = new String(input.readNBytes(size), UTF_8);
    line();
    return chunk;
  }

  /** Reads all that comes until the server closes the connection. */
  String rest() throws IOException {
    return new String(input.readAllBytes(), UTF_8);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
