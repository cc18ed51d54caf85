package org.mlcengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mlcengine.errors.ModelLibraryMismatchException;
import org.mlcengine.errors.ModelLoadException;

class LibraryLocatorTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "x86-64-v3, Linux, model.so, model.so",
    "x86-64-v3, Linux, model.so notes.txt model.dll, model.so",
    "x86-64-v3, Linux, a-x86-64-v2.so a-x86-64-v3.so a-x86-64-v4.so, a-x86-64-v3.so",
    "x86-64-v4, Linux, a-x86-64-v2.so a-x86-64-v3.so a-x86-64-v4.so, a-x86-64-v4.so",
    "x86-64, Linux, a-x86-64.so a-x86-64-v2.so, a-x86-64.so",
    "x86-64-v3, Linux, plain.so a-x86-64-v3.so, a-x86-64-v3.so",
    "x86-64-v2, Linux, plain.so a-x86-64-v3.so, plain.so",
    "aarch64, Linux, lib-x86-64-v3.so lib-aarch64.so, lib-aarch64.so",
    "aarch64, Mac OS X, lib-arm64.dylib lib.dll, lib-arm64.dylib",
    "x86-64-v3, Windows 11, lib-x86_64-v3.dll lib.so, lib-x86_64-v3.dll"
  })
  void choosesTheBestThatFits(String level, String os, String names, String expected)
      throws IOException {
    create(names.split(" "));
    assertThat(locate(level, os)).isEqualTo(folder.resolve(expected));
  }

  @Test
  void listsEquallyGoodOnesAndNamesTheOption() throws IOException {
    create("a.so", "b.so");
    assertThatThrownBy(() -> locate("x86-64-v3", "Linux"))
        .isInstanceOf(ModelLibraryMismatchException.class)
        .hasMessageContainingAll("found a.so, b.so", "modelLib");
  }

  @Test
  void proposesToCompileWhenThereIsNone() throws IOException {
    create("readme.txt", "lib.dll");
    Files.createDirectory(folder.resolve("folder.so"));
    assertThatThrownBy(() -> locate("x86-64-v3", "Linux"))
        .isInstanceOf(ModelLibraryMismatchException.class)
        .hasMessageContainingAll(
            "(.so), found none", "mlc compile \"" + folder + "\" --target x86-64-v3");
  }

  @Test
  void listsThoseThatDoNotFit() throws IOException {
    create("a-x86-64-v3.so", "a-x86-64-v4.so");
    assertThatThrownBy(() -> locate("x86-64-v2", "Linux"))
        .isInstanceOf(ModelLibraryMismatchException.class)
        .hasMessageContainingAll(
            "offers x86-64-v2; none of a-x86-64-v3.so, a-x86-64-v4.so fits", "--target x86-64-v2");
  }

  @Test
  void namesAMissingFolder() {
    Path missing = folder.resolve("missing");
    HostCpu host = new HostCpu("x86-64", Set.of());
    assertThatThrownBy(() -> LibraryLocator.locate(missing, host))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining(missing.toString());
  }

  private Path locate(String level, String os) {
    return LibraryLocator.locate(folder, new HostCpu(level, Set.of()), os);
  }

  private void create(String... names) throws IOException {
    for (String name : List.of(names)) {
      Files.createFile(folder.resolve(name));
    }
  }
}
