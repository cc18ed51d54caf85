package org.mlcengine.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The lines of a stream as bytes, of any length. */
final class Lines {
  private final InputStream input;
  private byte[] buffer = new byte[1 << 16];
  private int from;
  private int to;
  private int number;

  Lines(InputStream input) {
    this.input = input;
  }

  /** Returns the next line without its end; null at the end of the stream. */
  byte @Nullable [] next() throws IOException {
    int end = from;
    while (true) {
      while (end < to && buffer[end] != '\n') {
        end++;
      }
      if (end < to) {
        return take(end, end + 1);
      }
      int length = end - from;
      if (!fill()) {
        return length == 0 ? null : take(to, to);
      }
      end = from + length;
    }
  }

  /** Returns the number of the line that was read last, from 1. */
  int number() {
    return number;
  }

  /** Whether more input is there without waiting. */
  boolean isReady() throws IOException {
    return from < to || input.available() > 0;
  }

  private byte[] take(int end, int next) {
    byte[] line = Arrays.copyOfRange(buffer, from, end);
    from = next;
    number++;
    return line;
  }

  private boolean fill() throws IOException {
    if (from > 0) {
      System.arraycopy(buffer, from, buffer, 0, to - from);
      to -= from;
      from = 0;
    }
    if (to == buffer.length) {
      buffer = Arrays.copyOf(buffer, 2 * buffer.length);
    }
    int count = input.read(buffer, to, buffer.length - to);
    to += Math.max(count, 0);
    return count > 0;
  }
}
