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

  private final Path root;

  NativesCache(Path home) {
    root = home.resolve("natives");
  }

  Path root() {
    return root;
  }

  /**
   * The folder with the libraries of a jar, intact; extracted, or repaired, if need be.
   *
   * @param resources where the jar holds them, ending in a slash
   * @throws IOException if the cache folder cannot be written, or the jar's contents are not as its
   *     manifest says
   */
  Path extract(Manifest manifest, URI resources) throws IOException {
    Path place = root.resolve(manifest.version() + "-" + manifest.platform());
    if (manifest.problemIn(place).isEmpty()) {
      return place;
    }
    Files.createDirectories(root);
    // A FileChannel's lock is held by the whole JVM: threads need the monitor as well.
    synchronized (NativesCache.class) {
      try (FileChannel channel = open(root.resolve(".lock"));
          var lock = channel.lock()) {
        if (lock.isValid() && manifest.problemIn(place).isPresent()) {
          replace(manifest, resources, place);
        }
      }
    }
    return place;
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private void replace(Manifest manifest, URI resources, Path place) throws IOException {
    removePartial();
    Path work = Files.createDirectory(root.resolve(PARTIAL + "new"));
    try {
      for (Library library : manifest.libraries()) {
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
