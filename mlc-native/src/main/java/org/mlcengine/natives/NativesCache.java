package org.mlcengine.natives;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.mlcengine.natives.Manifest.Library;

/**
 * The extracted natives in {@code <home>/natives/<version>-<platform>/}. Each is extracted beside
 * its place and moved into it, under a lock between threads and between processes, so that nobody
 * sees a part of it.
 */
final class NativesCache {
  private static final String PARTIAL = ".partial-";

  /** Lies beside libraries whose hashes were right, and holds their sizes and times then. */
  private static final String STAMP = "natives.checked";

  private static final System.Logger LOGGER = System.getLogger(NativesCache.class.getName());

  private final Path root;

  NativesCache(Path home) {
    root = home.resolve("natives");
  }

  Path root() {
    return root;
  }

  /**
   * The folder with the libraries of a jar, intact; extracted, or repaired, if need be. Their
   * hashes are computed again only if a file's size or time has changed since they were right.
   *
   * @param resources where the jar holds them, ending in a slash
   * @throws IOException if the cache folder cannot be written, or the jar's contents are not as its
   *     manifest says
   */
  Path extract(Manifest manifest, URI resources) throws IOException {
    Path place = root.resolve(manifest.version() + "-" + manifest.platform());
    if (isIntact(manifest, place)) {
      return place;
    }
    Files.createDirectories(root);
    // A FileChannel's lock is held by the whole JVM: threads need the monitor as well.
    synchronized (NativesCache.class) {
      try (FileChannel channel = open(root.resolve(".lock"));
          var lock = channel.lock()) {
        if (lock.isValid() && !isIntact(manifest, place)) {
          replace(manifest, resources, place);
        }
      }
    }
    return place;
  }

  private static boolean isIntact(Manifest manifest, Path folder) {
    Path stamp = folder.resolve(STAMP);
    try {
      String facts = facts(manifest, folder);
      if (Files.exists(stamp) && Files.readString(stamp).equals(facts)) {
        return true;
      }
      if (manifest.problemIn(folder).isPresent()) {
        return false;
      }
      Files.writeString(stamp, facts);
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "No stamp in " + folder + "; hashing the natives", e);
      return manifest.problemIn(folder).isEmpty();
    }
    return true;
  }

  private static String facts(Manifest manifest, Path folder) throws IOException {
    StringBuilder facts = new StringBuilder();
    for (Library library : manifest.allLibraries()) {
      Path file = folder.resolve(library.file());
      facts.append(
          "%s %d %s %s%n"
              .formatted(
                  library.sha256(),
                  Files.size(file),
                  Files.getLastModifiedTime(file),
                  library.file()));
    }
    return facts.toString();
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private void replace(Manifest manifest, URI resources, Path place) throws IOException {
    removePartial();
    Path work = Files.createDirectory(root.resolve(PARTIAL + "new"));
    try {
      for (Library library : manifest.allLibraries()) {
        copy(resources, library.file(), work);
      }
      copy(resources, Manifest.FILE, work);
      String problem = manifest.problemIn(work).orElse(null);
      if (problem != null) {
        throw new IOException("the jar is damaged: " + problem);
      }
      if (Files.isDirectory(place)) {
        // Moved away first: another process may have these files open.
        Files.move(place, root.resolve(PARTIAL + "old"));
      }
      Files.move(work, place, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      removePartial();
    }
  }

  private static void copy(URI resources, String name, Path folder) throws IOException {
    try (InputStream bytes = URI.create(resources + name).toURL().openStream()) {
      Files.copy(bytes, folder.resolve(name));
    }
  }

  private void removePartial() throws IOException {
    List<Path> left;
    try (Stream<Path> entries = Files.list(root)) {
      left = entries.filter(p -> p.getFileName().toString().startsWith(PARTIAL)).toList();
    }
    for (Path folder : left) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }
}
