package org.mlcengine.natives;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * An operating system and a processor architecture, as machine code needs them.
 *
 * @param os {@code linux} (with glibc), {@code linux-musl}, {@code osx}, {@code windows}, or the
 *     JVM's name of another system
 * @param architecture {@code x86_64}, {@code aarch64}, or another architecture's name
 */
public record Platform(String os, String architecture) {
  /** The platforms that natives exist for, as their jars' classifiers name them. */
  static final List<String> SUPPORTED =
      List.of("linux-x86_64", "linux-aarch64", "osx-aarch64", "windows-x86_64");

  /** The platform of this JVM, whether natives exist for it or not. */
  public static Platform current() {
    return of(
        System.getProperty("os.name", ""),
        System.getProperty("os.arch", ""),
        Path.of("/proc/self/maps"));
  }

  /**
   * The platform that a shared library is made for, from its ELF, Mach-O or PE header. The library
   * is not loaded. A universal Mach-O file counts as made for aarch64 if it holds such code.
   *
   * @throws IOException if the file cannot be read, or is not a shared library of a known format
   */
  public static Platform ofLibrary(Path file) throws IOException {
    return LibraryHeader.read(file);
  }

  /** The classifier of the platform's natives jar, and its name in messages. */
  public String classifier() {
    return os + "-" + architecture;
  }

  /** Whether this project publishes natives for the platform. */
  public boolean isSupported() {
    return SUPPORTED.contains(classifier());
  }

  @Override
  public String toString() {
    return classifier();
  }

  /**
   * The platform by the JVM's names; {@code maps} lists the files that this process has mapped, on
   * Linux, which tells the C library.
   */
  static Platform of(String osName, String osArch, Path maps) {
    String name = osName.toLowerCase(Locale.ROOT);
    String os =
        name.startsWith("linux")
            ? (usesMusl(maps) ? "linux-musl" : "linux")
            : name.startsWith("mac") || name.startsWith("darwin")
                ? "osx"
                : name.startsWith("windows") ? "windows" : name.replace(' ', '-');
    return new Platform(os, architecture(osArch.toLowerCase(Locale.ROOT)));
  }

  private static String architecture(String name) {
    return switch (name) {
      case "amd64", "x86_64", "x86-64" -> "x86_64";
      case "aarch64", "arm64" -> "aarch64";
      case "i386", "i486", "i586", "i686", "x86" -> "x86";
      default -> name;
    };
  }

  private static boolean usesMusl(Path maps) {
    try {
      return Files.readString(maps).contains("/ld-musl-");
    } catch (IOException e) {
      // A sandbox may hide the file; glibc is what nearly every system has.
      return false;
    }
  }
}
