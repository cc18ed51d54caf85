package org.mlcengine.natives;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * What {@code natives.properties} says of the libraries beside it.
 *
 * @param libraries in load order
 * @param ffiAbi the version that libtvm_ffi reports of itself
 * @param xgrammar the library that grammars need, which is loaded on demand; empty if there is none
 */
record Manifest(
    String platform,
    String version,
    String tvmVersion,
    String ffiVersion,
    String ffiAbi,
    List<Library> libraries,
    Optional<OnDemand> xgrammar) {
  static final String FILE = "natives.properties";

  private static final String XGRAMMAR = "xgrammar";

  /** A library's file name, its size in bytes, and its SHA-256 in hexadecimal. */
  record Library(String file, long size, String sha256) {}

  /** A library that waits for its use, and the version of what it holds. */
  record OnDemand(Library library, String version) {}

  /**
   * Reads a manifest.
   *
   * @throws IOException if it cannot be read or is incomplete; the message names the missing key
   */
  static Manifest read(InputStream text) throws IOException {
    Properties properties = new Properties();
    try {
      properties.load(text);
    } catch (IllegalArgumentException e) {
      throw new IOException(FILE + " is malformed: " + e.getMessage(), e);
    }
    List<Library> libraries = new ArrayList<>();
    for (int i = 0; i == 0 || properties.containsKey("library." + i); i++) {
      libraries.add(library(properties, "library." + i));
    }
    return new Manifest(
        value(properties, "platform"),
        plainName(value(properties, "version")),
        value(properties, "tvm.version"),
        value(properties, "tvm-ffi.version"),
        value(properties, "tvm-ffi.abi"),
        List.copyOf(libraries),
        properties.containsKey(XGRAMMAR)
            ? Optional.of(
                new OnDemand(
                    library(properties, XGRAMMAR), value(properties, XGRAMMAR + ".version")))
            : Optional.empty());
  }

  /** The manifest in a folder; see {@link #read(InputStream)}. */
  static Manifest read(Path folder) throws IOException {
    try (InputStream text = Files.newInputStream(folder.resolve(FILE))) {
      return read(text);
    }
  }

  /** Every library, those that wait for their use last. */
  List<Library> allLibraries() {
    return Stream.concat(libraries.stream(), xgrammar.map(OnDemand::library).stream()).toList();
  }

  /** What is wrong with any library in a folder, by name; empty if all are as listed here. */
  Optional<String> problemIn(Path folder) {
    return problemIn(folder, allLibraries());
  }

  /** What is wrong with some of the libraries in a folder, by name. */
  static Optional<String> problemIn(Path folder, List<Library> libraries) {
    return libraries.stream()
        .flatMap(library -> problem(folder.resolve(library.file), library).stream())
        .findFirst();
  }

  private static Library library(Properties properties, String key) throws IOException {
    return new Library(
        plainName(value(properties, key)),
        number(properties, key + ".size"),
        value(properties, key + ".sha256"));
  }

  private static Optional<String> problem(Path file, Library library) {
    try {
      long size = Files.size(file);
      if (size != library.size) {
        return Optional.of(
            "%s has %d bytes where %s says %d".formatted(file, size, FILE, library.size));
      }
      String found = sha256(file);
      return found.equals(library.sha256)
          ? Optional.empty()
          : Optional.of(
              "%s has SHA-256 %s where %s says %s".formatted(file, found, FILE, library.sha256));
    } catch (IOException e) {
      return Optional.of("%s cannot be read (%s)".formatted(file, e));
    }
  }

  private static String sha256(Path file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
    try (InputStream bytes = new DigestInputStream(Files.newInputStream(file), digest)) {
      bytes.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String value(Properties properties, String key) throws IOException {
    String value = properties.getProperty(key);
    if (value == null || value.isEmpty()) {
      throw new IOException(FILE + " lacks " + key);
    }
    return value;
  }

  private static long number(Properties properties, String key) throws IOException {
    String value = value(properties, key);
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new IOException("%s has %s=%s, which is no number".formatted(FILE, key, value), e);
    }
  }

  /** Refuses a name that would lead out of the folder. */
  private static String plainName(String name) throws IOException {
    if (name.contains("/") || name.contains("\\") || name.equals("..")) {
      throw new IOException("%s names %s, which is no plain file name".formatted(FILE, name));
    }
    return name;
  }
}
