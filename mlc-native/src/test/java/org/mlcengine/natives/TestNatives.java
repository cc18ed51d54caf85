package org.mlcengine.natives;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/** Small natives that are never loaded, and the place of the real ones. */
final class TestNatives {
  /** Where the build puts the real natives: a folder for each platform. */
  static final Path BUILT = Path.of("target", "natives").toAbsolutePath();

  static final Platform PLATFORM = new Platform("linux", "x86_64");

  private static final Map<String, String> FILES =
      Map.of("first.so", "first library", "second.so", "the second library");

  private TestNatives() {}

  /** Writes libraries and their manifest into a folder, which is made. */
  static Path write(Path folder) throws IOException {
    return write(folder, Natives.TVM_VERSION, PLATFORM);
  }

  static Path write(Path folder, String tvmVersion, Platform platform) throws IOException {
    Files.createDirectories(folder);
    StringBuilder text = new StringBuilder();
    text.append("platform=").append(platform).append("\nversion=1-test\ntvm.version=");
    text.append(tvmVersion).append("\ntvm-ffi.abi=0.0.0\n");
    text.append("tvm-ffi.version=").append(Natives.TVM_FFI_VERSION).append('\n');
    int index = 0;
    for (Map.Entry<String, String> file :
        FILES.entrySet().stream().sorted(Map.Entry.comparingByKey()).toList()) {
      String name = file.getKey();
      byte[] bytes = file.getValue().getBytes(StandardCharsets.UTF_8);
      Files.write(folder.resolve(name), bytes);
      String key = "library." + index++;
      text.append("%s=%s%n%s.size=%d%n".formatted(key, name, key, bytes.length));
      text.append("%s.sha256=%s%n".formatted(key, sha256(bytes)));
    }
    Files.writeString(folder.resolve(Manifest.FILE), text);
    return folder;
  }

  /** Writes what a classifier jar holds; the folder can be put on a class path. */
  static Path writeJarContents(Path root) throws IOException {
    write(root.resolve(NativesSearch.RESOURCES + PLATFORM));
    return root;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
