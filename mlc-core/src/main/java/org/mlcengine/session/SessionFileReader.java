package org.mlcengine.session;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.SessionFileException;

/**
 * Reads a session's file from its facts to its end, one record at a time. Memory is taken for what
 * the file has, never for what it says it has.
 */
public final class SessionFileReader implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 16;

  private final Path file;
  private final DataInputStream in;
  private final SessionFacts facts;

  /** Bytes that are not read yet. */
  private long left;

  private int blocks;

  private SessionFileReader(Path file, DataInputStream in, long bytes)
      throws IOException, BrokenFileException {
    this.file = file;
    this.in = in;
    left = bytes;
    requireHead();
    facts = FactsJson.read(record(RecordType.FACTS));
  }

  /**
   * Opens a file and reads its facts.
   *
   * @throws SessionFileException if it is missing, or no session's file, or damaged
   */
  public static SessionFileReader open(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new SessionFileException(
          "%s: expected a session's file, found %s. Name a file that session.save made."
              .formatted(file, Files.exists(file) ? "something that is no file" : "none"));
    }
    DataInputStream in = null;
    try {
      long bytes = Files.size(file);
      in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES));
      return new SessionFileReader(file, in, bytes);
    } catch (IOException | BrokenFileException | RuntimeException e) {
      close(in);
      throw e instanceof RuntimeException other ? other : failure(file, e);
    }
  }

  private void requireHead() throws IOException, BrokenFileException {
    byte[] magic = new byte[RecordType.MAGIC.length];
    require(magic.length + Integer.BYTES);
    in.readFully(magic);
    if (!Arrays.equals(magic, RecordType.MAGIC)) {
      throw new BrokenFileException("a session's file, found another one", null);
    }
    int version = in.readInt();
    if (version != RecordType.VERSION) {
      throw new BrokenFileException(
          "version %d of the format, found %d".formatted(RecordType.VERSION, version), null);
    }
  }

  /** Returns what the file says of the session. */
  public SessionFacts facts() {
    return facts;
  }

  /**
   * Returns the next block; null at the end, where the file was found to be complete.
   *
   * @throws SessionFileException if the file is damaged
   */
  public byte @Nullable [] next() {
    try {
      int expected = facts.kv().map(SessionFacts.Kv::blocks).orElse(0);
      if (blocks == expected) {
        record(RecordType.END);
        if (left > 0) {
          throw new BrokenFileException("an end, found %d more bytes".formatted(left), null);
        }
        return null;
      }
      blocks++;
      byte[] block = record(RecordType.BLOCK);
      int bytes = facts.kv().orElseThrow().blockBytes();
      if (block.length != bytes) {
        throw new BrokenFileException(
            "blocks of %d bytes, found one of %d".formatted(bytes, block.length), null);
      }
      return block;
    } catch (IOException | BrokenFileException e) {
      throw failure(file, e);
    }
  }

  private byte[] record(RecordType expected) throws IOException, BrokenFileException {
    require(RecordType.HEAD_BYTES);
    RecordType type = RecordType.of(in.readInt());
    int length = in.readInt();
    int checksum = in.readInt();
    if (type != expected) {
      throw new BrokenFileException("a record %s, found another".formatted(expected), null);
    }
    if (length < 0 || length > mostBytes(type)) {
      throw new BrokenFileException(
          "a record %s of at most %d bytes, found %d".formatted(type, mostBytes(type), length),
          null);
    }
    require(length);
    byte[] data = new byte[length];
    in.readFully(data);
    if (type.checksum(data) != checksum) {
      throw new BrokenFileException(
          "a record %s with the checksum %08x, found %08x"
              .formatted(type, checksum, type.checksum(data)),
          null);
    }
    return data;
  }

  private int mostBytes(RecordType type) {
    return type == RecordType.BLOCK
        ? facts.kv().map(SessionFacts.Kv::blockBytes).orElse(0)
        : type.mostBytes();
  }

  private void require(int bytes) throws BrokenFileException {
    if (left < bytes) {
      throw new BrokenFileException(
          "%d bytes more, found %d: it was cut off".formatted(bytes, left), null);
    }
    left -= bytes;
  }

  @Override
  public void close() {
    close(in);
  }

  private static void close(@Nullable DataInputStream in) {
    try {
      if (in != null) {
        in.close();
      }
    } catch (IOException e) {
      System.getLogger(SessionFileReader.class.getName())
          .log(System.Logger.Level.DEBUG, "A session's file does not close", e);
    }
  }

  private static SessionFileException failure(Path file, Exception cause) {
    String problem =
        switch (cause) {
          case BrokenFileException broken -> "expected " + broken.getMessage();
          case EOFException end -> "it became shorter while it was read";
          default -> "it cannot be read (" + cause + ")";
        };
    return new SessionFileException(
        "%s: %s. The file is no session's, is damaged, or was made by another version; save the session again, or begin a new one."
            .formatted(file, problem),
        cause);
  }
}
