package org.mlcengine.server;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Writes server-sent events; each is sent at once. */
final class EventWriter implements AutoCloseable {
  private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END = "\n\n".getBytes(StandardCharsets.US_ASCII);

  private final OutputStream output;

  EventWriter(OutputStream output) {
    this.output = output;
  }

  /** Sends data of one line. */
  void send(String line) {
    try {
      output.write(DATA);
      output.write(line.getBytes(StandardCharsets.UTF_8));
      output.write(END);
      output.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      output.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
