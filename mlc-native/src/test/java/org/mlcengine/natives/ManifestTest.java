package org.mlcengine.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a manifest says, and what it refuses. */
class ManifestTest {
  @TempDir Path folder;

  @BeforeEach
  void write() throws IOException {
    TestNatives.write(folder);
  }

  @Test
  void librariesComeInLoadOrder() throws IOException {
    assertThat(Manifest.read(folder).libraries())
        .extracting(Manifest.Library::file)
        .containsExactly("first.so", "second.so");
    assertThat(Manifest.read(folder).problemIn(folder)).isEmpty();
  }

  @Test
  void changedLibraryIsNamed() throws IOException {
    Manifest manifest = Manifest.read(folder);
    Files.writeString(folder.resolve("second.so"), "THE second library");
    assertThat(manifest.problemIn(folder).orElseThrow()).contains("second.so has SHA-256");
    Files.writeString(folder.resolve("second.so"), "cut");
    assertThat(manifest.problemIn(folder).orElseThrow()).contains("has 3 bytes where", "says 18");
    Files.delete(folder.resolve("first.so"));
    assertThat(manifest.problemIn(folder).orElseThrow()).contains("first.so cannot be read");
  }

  @Test
  void missingAndWrongKeysAreNamed() throws IOException {
    refuses("library.1.sha256=", "x=", "lacks library.1.sha256");
    refuses("library.0=first.so", "", "lacks library.0");
    refuses("library.0.size=13", "library.0.size=many", "library.0.size=many, which is no number");
    refuses("library.0=first.so", "library.0=../first.so", "no plain file name");
  }

  @Test
  void releaseExpectsThePinnedVersions() throws IOException {
    String lock = Files.readString(Path.of("scripts", "natives.lock"));
    assertThat(lock)
        .contains("\napache-tvm " + Natives.TVM_VERSION + " ")
        .contains("\napache-tvm-ffi " + Natives.TVM_FFI_VERSION + " ")
        .contains("\nxgrammar " + Natives.XGRAMMAR_VERSION + " ");
  }

  @Test
  void libraryForLaterIsOptionalButWholeIfThere() throws IOException {
    assertThat(Manifest.read(folder).xgrammar()).isEmpty();
    Path file = folder.resolve(Manifest.FILE);
    String text = Files.readString(file);
    Files.writeString(file, text + "xgrammar=third.so\nxgrammar.size=3\nxgrammar.sha256=00\n");
    assertThatThrownBy(() -> Manifest.read(folder)).hasMessageContaining("lacks xgrammar.version");
    Files.writeString(file, Files.readString(file) + "xgrammar.version=1.2\n");
    Manifest manifest = Manifest.read(folder);
    assertThat(manifest.xgrammar().orElseThrow().version()).isEqualTo("1.2");
    assertThat(manifest.libraries()).hasSize(2);
    assertThat(manifest.allLibraries()).hasSize(3);
    assertThat(Manifest.problemIn(folder, manifest.libraries())).isEmpty();
    assertThat(manifest.problemIn(folder).orElseThrow()).contains("third.so cannot be read");
  }

  private void refuses(String part, String replacement, String message) throws IOException {
    String text = Files.readString(folder.resolve(Manifest.FILE));
    assertThat(text).contains(part);
    Files.writeString(folder.resolve(Manifest.FILE), text.replace(part, replacement));
    assertThatThrownBy(() -> Manifest.read(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(message);
    Files.writeString(folder.resolve(Manifest.FILE), text);
  }
}
