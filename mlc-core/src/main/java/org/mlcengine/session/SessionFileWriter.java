package org.mlcengine.session;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.mlcengine.errors.SessionFileException;

/**
 * Writes a session's file beside its place and moves it there when it is complete and on the disk,
 * so that what was there before stays until then. Only the owner may read it, where the file system
 * knows owners.
 */
public final class SessionFileWriter implements AutoCloseable {
  /** Where the bytes go. */
  interface Draft extends WritableByteChannel {
    /** Returns when the bytes are on the disk. */
    void force() throws IOException;
  }

  /** Makes drafts. */
  interface Drafts {
    Draft open(Path file) throws IOException;
  }

  private final Path file;
  private final Path draft;
  private final Draft channel;
  private boolean complete;

  private SessionFileWriter(Path file, Path draft, Draft channel) {
    this.file = file;
    this.draft = draft;
    this.channel = channel;
  }

  /**
   * Begins a file with its facts.
   *
   * @throws SessionFileException if it cannot be written
   */
  public static SessionFileWriter create(Path file, SessionFacts facts) {
    return create(file, facts, SessionFileWriter::draft);
  }

  static Draft draft(Path file) throws IOException {
    return new FileDraft(channel(file, StandardOpenOption.WRITE));
  }

  static SessionFileWriter create(Path file, SessionFacts facts, Drafts drafts) {
    Path place = file.toAbsolutePath();
    Path folder = place.getParent();
    if (folder == null || Files.isDirectory(place)) {
      throw new SessionFileException(
          file + ": expected a path for the session's file, found a folder. Name a file in it.");
    }
    SessionFileWriter writer;
    try {
      byte[] json = FactsJson.write(facts);
      if (json.length > RecordType.FACTS.mostBytes()) {
        throw new SessionFileException(
            "%s: expected a conversation of at most %d bytes, found %d. Begin a new session."
                .formatted(file, RecordType.FACTS.mostBytes(), json.length));
      }
      Path draft = Files.createTempFile(folder, place.getFileName() + ".", ".part");
      try {
        writer = new SessionFileWriter(place, draft, drafts.open(draft));
      } catch (IOException e) {
        Files.deleteIfExists(draft);
        throw e;
      }
      writer.begin(json);
      return writer;
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  private void begin(byte[] json) {
    ByteBuffer head = ByteBuffer.allocate(RecordType.MAGIC.length + Integer.BYTES);
    try {
      write(head.put(RecordType.MAGIC).putInt(RecordType.VERSION).flip());
      record(RecordType.FACTS, json);
    } catch (IOException e) {
      close();
      throw failure(file, e);
    }
  }

  /**
   * Adds a block.
   *
   * @throws SessionFileException if it cannot be written
   */
  public void block(byte[] data) {
    try {
      record(RecordType.BLOCK, data);
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  /**
   * Ends the file and puts it in its place.
   *
   * @throws SessionFileException if that fails; what was there before stays
   */
  public void complete() {
    try {
      record(RecordType.END, new byte[0]);
      channel.force();
      channel.close();
      move();
      complete = true;
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  private void move() throws IOException {
    try {
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
    }
    Path folder = file.getParent();
    // Windows keeps no handles of folders, and needs none for this.
    if (folder != null && folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel entries = channel(folder, StandardOpenOption.READ)) {
        entries.force(true);
      }
    }
  }

  private static FileChannel channel(Path file, StandardOpenOption option) throws IOException {
    return FileChannel.open(file, option);
  }

  private void record(RecordType type, byte[] data) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(RecordType.HEAD_BYTES);
    head.putInt(type.code()).putInt(data.length).putInt(type.checksum(data));
    write(head.flip());
    write(ByteBuffer.wrap(data));
  }

  private void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Removes what was written, unless the file is complete. */
  @Override
  public void close() {
    if (complete) {
      return;
    }
    try (Closeable open = channel) {
      Files.deleteIfExists(draft);
    } catch (IOException e) {
      System.getLogger(SessionFileWriter.class.getName())
          .log(System.Logger.Level.WARNING, "Cannot remove " + draft, e);
    }
  }

  private static SessionFileException failure(Path file, IOException cause) {
    return new SessionFileException(
        "%s: the session cannot be saved (%s). Choose a folder that exists, may be written to and has room. What the file held before is unchanged, and the session goes on."
            .formatted(file, cause),
        cause);
  }

  private record FileDraft(FileChannel channel) implements Draft {
    @Override
    public int write(ByteBuffer bytes) throws IOException {
      return channel.write(bytes);
    }

    @Override
    public void force() throws IOException {
      channel.force(true);
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
