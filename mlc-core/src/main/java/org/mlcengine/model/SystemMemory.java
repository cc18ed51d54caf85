package org.mlcengine.model;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/** How much memory this process may still take. */
public final class SystemMemory {
  private static final System.Logger LOGGER = System.getLogger(SystemMemory.class.getName());

  private SystemMemory() {}

  /**
   * Returns bytes: on Linux, what the kernel calls available, or less when a control group (v1 or
   * v2) leaves less; on Windows, the free physical memory; on macOS, the physical memory, since the
   * free memory leaves out what the system gives back on demand.
   */
  public static long available() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    if (os.startsWith("linux")) {
      return linux(Path.of("/")).orElseGet(SystemMemory::free);
    }
    return os.startsWith("mac") ? bean().getTotalMemorySize() : free();
  }

  /** The same for a Linux file system that starts at {@code root}; empty without meminfo. */
  static OptionalLong linux(Path root) {
    OptionalLong available = OptionalLong.empty();
    for (String line : lines(root.resolve("proc/meminfo"))) {
      if (line.startsWith("MemAvailable:")) {
        available = OptionalLong.of(number(line.replaceAll("[^0-9]", "")) * 1024);
      }
    }
    if (available.isEmpty()) {
      return available;
    }
    long least = available.getAsLong();
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      least = Math.min(least, controlGroup(root.resolve("sys/fs/cgroup"), line));
    }
    return OptionalLong.of(least);
  }

  /**
   * What the groups from the process's own up to the root leave; a line is "id:controllers:path".
   */
  private static long controlGroup(Path mount, String line) {
    String[] parts = line.split(":", 3);
    if (parts.length < 3) {
      return Long.MAX_VALUE;
    }
    boolean unified = parts[1].isEmpty();
    if (!unified && !List.of(parts[1].split(",")).contains("memory")) {
      return Long.MAX_VALUE;
    }
    Path top = unified ? mount : mount.resolve("memory");
    Path group = top.resolve(parts[2].replaceFirst("^/+", "")).normalize();
    if (!group.startsWith(top)) {
      group = top;
    }
    long least = Long.MAX_VALUE;
    for (Path at = group; at != null && at.startsWith(top); at = at.getParent()) {
      least = Math.min(least, unified ? unified(at) : legacy(at));
    }
    return least;
  }

  private static long unified(Path group) {
    return left(
        first(group.resolve("memory.max")),
        first(group.resolve("memory.current")),
        statistic(group, "inactive_file "));
  }

  private static long legacy(Path group) {
    return left(
        first(group.resolve("memory.limit_in_bytes")),
        first(group.resolve("memory.usage_in_bytes")),
        statistic(group, "total_inactive_file "));
  }

  /** A limit less the usage, of which the kernel takes back the inactive file cache. */
  private static long left(long limit, long usage, long reclaimable) {
    return limit == Long.MAX_VALUE || usage == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : Math.max(0, limit - Math.max(0, usage - reclaimable));
  }

  private static long statistic(Path group, String name) {
    return lines(group.resolve("memory.stat")).stream()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> number(line.substring(name.length())))
        .findFirst()
        .orElse(0);
  }

  /** The number in a file; the largest when there is none, or the file says "max". */
  private static long first(Path file) {
    List<String> lines = lines(file);
    return lines.isEmpty() ? Long.MAX_VALUE : number(lines.getFirst());
  }

  private static long number(String text) {
    String trimmed = text.trim();
    return trimmed.matches("[0-9]{1,18}") ? Long.parseLong(trimmed) : Long.MAX_VALUE;
  }

  private static List<String> lines(Path file) {
    if (!Files.isReadable(file)) {
      return List.of();
    }
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "Cannot read " + file, e);
      return List.of();
    }
  }

  private static long free() {
    return bean().getFreeMemorySize();
  }

  private static OperatingSystemMXBean bean() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  }
}
