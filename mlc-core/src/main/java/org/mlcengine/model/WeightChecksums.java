package org.mlcengine.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.ModelLoadException;

/**
 * Compares the shards of a model folder with the checksums in its index.
 *
 * <p>A pass is remembered in a stamp, a small file that holds each shard's path, length, time of
 * modification and checksum. While these stay the same, the next check costs no more than looking
 * at the files; a change that keeps both length and time goes unnoticed until {@link #verify} runs
 * without a stamp folder.
 */
public final class WeightChecksums {
  private static final System.Logger LOGGER = System.getLogger(WeightChecksums.class.getName());
  private static final int BUFFER_BYTES = 1 << 20;

  private WeightChecksums() {}

  /** Hears how far the check is. Calls may come from several threads. */
  @FunctionalInterface
  public interface Listener {
    /** Called after each shard with the bytes that are done, of {@code totalBytes}. */
    void checked(long doneBytes, long totalBytes);
  }

  /**
   * Computes the MD5 of each shard that has one in the index.
   *
   * @param index the weights
   * @param stampFolder where to remember that all is well, or null to check in any case; created
   *     when missing
   * @param listener told of each shard that was read; not called when a stamp vouches for all
   * @return whether shards were read; false when a stamp vouched for them
   * @throws ModelLoadException if a checksum is wrong or a shard cannot be read
   */
  public static boolean verify(WeightIndex index, @Nullable Path stampFolder, Listener listener) {
    String facts = facts(index);
    Path stamp = stampFolder == null ? null : stampFolder.resolve(stampName(index));
    if (stamp != null && holds(stamp, facts)) {
      return false;
    }
    List<WeightShard> shards =
        index.shards().stream().filter(shard -> shard.md5().isPresent()).toList();
    long total = shards.stream().mapToLong(WeightShard::bytes).sum();
    AtomicLong done = new AtomicLong();
    shards.parallelStream()
        .forEach(
            shard -> {
              verify(index, shard);
              listener.checked(done.addAndGet(shard.bytes()), total);
            });
    if (stamp != null) {
      remember(stamp, facts);
    }
    return true;
  }

  private static void verify(WeightIndex index, WeightShard shard) {
    String expected = shard.md5().orElseThrow();
    String found = HexFormat.of().formatHex(digest(shard.file()));
    if (!found.equals(expected)) {
      throw new ModelLoadException(
          ("%s: expected the MD5 %s that %s gives, found %s. The file is damaged; download or"
                  + " convert the model again.")
              .formatted(shard.file(), expected, index.file().getFileName(), found));
    }
  }

  private static byte[] digest(Path file) {
    MessageDigest digest = md5();
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    try (FileChannel channel = FileChannel.open(file)) {
      while (channel.read(buffer) >= 0) {
        digest.update(buffer.flip());
        buffer.clear();
      }
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    return digest.digest();
  }

  private static MessageDigest md5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has MD5.", e);
    }
  }

  private static String facts(WeightIndex index) {
    StringBuilder facts = new StringBuilder();
    for (WeightShard shard : index.shards()) {
      try {
        Path file = shard.file().toRealPath();
        facts
            .append(shard.md5().orElse("-"))
            .append(' ')
            .append(Files.size(file))
            .append(' ')
            .append(Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS))
            .append(' ')
            .append(file)
            .append('\n');
      } catch (IOException e) {
        throw unreadable(shard.file(), e);
      }
    }
    return facts.toString();
  }

  private static String stampName(WeightIndex index) {
    byte[] path =
        index.file().toAbsolutePath().normalize().toString().getBytes(StandardCharsets.UTF_8);
    return HexFormat.of().formatHex(md5().digest(path)) + ".stamp";
  }

  private static boolean holds(Path stamp, String facts) {
    try {
      return Files.isRegularFile(stamp)
          && new String(Files.readAllBytes(stamp), StandardCharsets.UTF_8).equals(facts);
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "Cannot read " + stamp + "; checking again", e);
      return false;
    }
  }

  private static void remember(Path stamp, String facts) {
    try {
      Path folder = Files.createDirectories(stamp.toAbsolutePath().getParent());
      Path draft = Files.createTempFile(folder, "stamp", null);
      Files.writeString(draft, facts);
      Files.move(draft, stamp, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOGGER.log(
          System.Logger.Level.INFO,
          "Cannot write " + stamp + "; the weights will be checked at each load",
          e);
    }
  }

  private static ModelLoadException unreadable(Path file, IOException cause) {
    return new ModelLoadException(
        "%s: the shard cannot be read (%s). Download or convert the model again."
            .formatted(file, cause),
        cause);
  }
}
