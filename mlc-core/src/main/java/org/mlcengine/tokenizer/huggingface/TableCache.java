package org.mlcengine.tokenizer.huggingface;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * The vocabularies and merges of tokenizer files in the form in which they are used, kept from one
 * process to the next: a young JVM takes longer to read a large JSON than to load the weights.
 *
 * <p>An entry belongs to one file, at one length and time of modification, and has a checksum. One
 * that does not fit is made anew, and of too many the oldest go. A change that keeps both length
 * and time goes unnoticed.
 */
final class TableCache {
  /** Changes whenever the tables, or how they are written, change. */
  private static final int VERSION = 1;

  private static final long SMALLEST_FILE = 256 << 10;
  private static final long LARGEST_ENTRY = 1 << 30;
  private static final int MAX_ENTRIES = 16;
  private static final String ENDING = ".tables";
  private static final int HEADER_BYTES = Long.BYTES;
  private static final System.Logger LOGGER = System.getLogger(TableCache.class.getName());

  private final Path folder;

  /**
   * Makes a cache.
   *
   * @param folder where the entries are; created when the first one is kept
   */
  TableCache(Path folder) {
    this.folder = folder;
  }

  /**
   * What a tokenizer file holds.
   *
   * @param rest its JSON with an empty vocabulary and no merges
   */
  record Tables(String rest, Vocabulary vocabulary, MergeTable merges) {}

  /** Returns what was kept of a file, if that is still what the file holds. */
  Optional<Tables> find(Path file) {
    try {
      Path entry = entry(file);
      if (Files.size(file) < SMALLEST_FILE || !Files.isRegularFile(entry)) {
        return Optional.empty();
      }
      ByteBuffer content = read(entry);
      return content.remaining() > HEADER_BYTES
              && content.getLong() == checksum(content)
              && Blocks.text(content).equals(identity(file))
          ? Optional.of(decode(content))
          : Optional.empty();
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "Cannot use " + folder + "; reading " + file, e);
      return Optional.empty();
    }
  }

  /** Keeps what a file holds, if it is large. That it cannot be kept costs only time later. */
  void keep(Path file, Tables tables) {
    try {
      if (Files.size(file) >= SMALLEST_FILE) {
        write(entry(file), encode(identity(file), tables));
        dropOldest();
      }
    } catch (IOException e) {
      LOGGER.log(
          System.Logger.Level.DEBUG,
          "Cannot write to " + folder + "; " + file + " will be read in full at each load",
          e);
    }
  }

  private void dropOldest() throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      List<Path> newestFirst =
          entries
              .filter(entry -> entry.getFileName().toString().endsWith(ENDING))
              .sorted(Comparator.comparing(TableCache::age))
              .toList();
      for (Path old :
          newestFirst.subList(Math.min(MAX_ENTRIES, newestFirst.size()), newestFirst.size())) {
        Files.deleteIfExists(old);
      }
    }
  }

  /** Falls with the time at which an entry was made; one that is gone meanwhile is the oldest. */
  private static long age(Path entry) {
    try {
      return -Files.getLastModifiedTime(entry).toMillis();
    } catch (IOException e) {
      return Long.MAX_VALUE;
    }
  }

  private Path entry(Path file) throws IOException {
    Path real = file.toRealPath();
    return folder.resolve(
        Integer.toHexString(real.toString().hashCode()) + "-" + real.getFileName() + ENDING);
  }

  private static String identity(Path file) throws IOException {
    BasicFileAttributes facts = Files.readAttributes(file, BasicFileAttributes.class);
    return String.join(
        " ",
        Integer.toString(VERSION),
        Long.toString(facts.size()),
        Long.toString(facts.lastModifiedTime().to(TimeUnit.NANOSECONDS)),
        file.toRealPath().toString());
  }

  private static ByteBuffer read(Path entry) throws IOException {
    try (FileChannel channel = FileChannel.open(entry)) {
      long size = Math.min(channel.size(), LARGEST_ENTRY);
      ByteBuffer content = buffer(size);
      while (content.hasRemaining() && channel.read(content) >= 0) {}
      return content.flip();
    }
  }

  private void write(Path entry, ByteBuffer content) throws IOException {
    Path draft = Files.createTempFile(Files.createDirectories(folder), "tables", null);
    try {
      try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
        while (content.hasRemaining()) {
          channel.write(content);
        }
      }
      Files.move(draft, entry, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  private static ByteBuffer encode(String identity, Tables tables) {
    byte[] name = identity.getBytes(StandardCharsets.UTF_8);
    byte[] rest = tables.rest.getBytes(StandardCharsets.UTF_8);
    ByteBuffer content =
        buffer(
            HEADER_BYTES
                + Blocks.bytes(name.length, Byte.BYTES)
                + Blocks.bytes(rest.length, Byte.BYTES)
                + tables.vocabulary.bytes()
                + tables.merges.bytes());
    content.position(HEADER_BYTES);
    Blocks.put(content, name);
    Blocks.put(content, rest);
    tables.vocabulary.write(content);
    tables.merges.write(content);
    content.flip().position(HEADER_BYTES);
    content.putLong(0, checksum(content));
    return content.rewind();
  }

  private static Tables decode(ByteBuffer content) {
    String rest = Blocks.text(content);
    Vocabulary vocabulary = new Vocabulary(content);
    return new Tables(rest, vocabulary, new MergeTable(content));
  }

  private static ByteBuffer buffer(long bytes) {
    return ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The checksum of what remains, which stays. */
  private static long checksum(ByteBuffer content) {
    CRC32 checksum = new CRC32();
    checksum.update(content.duplicate());
    return checksum.getValue();
  }
}
