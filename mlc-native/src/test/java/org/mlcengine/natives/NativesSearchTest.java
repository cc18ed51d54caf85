package org.mlcengine.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.mlcengine.natives.TestNatives.PLATFORM;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.natives.NativesSearch.Found;

/** Each step of the search, their order, and what a failure says. */
class NativesSearchTest {
  @TempDir Path folder;

  private final Map<String, String> properties = new HashMap<>();
  private final Map<String, String> environment = new HashMap<>();

  @Test
  void theGivenFolderComesFirst() throws IOException {
    setEverything();
    Path given = TestNatives.write(folder.resolve("given"));
    assertThat(find(PLATFORM, given).folder()).isEqualTo(given);
  }

  @Test
  void thePropertyComesBeforeTheVariable() throws IOException {
    setEverything();
    Found found = find(PLATFORM, null);
    assertThat(found.folder()).isEqualTo(folder.resolve("property"));
    assertThat(found.origin()).startsWith("system property mlc.natives.path=");
  }

  @Test
  void theVariableComesBeforeTheJar() throws IOException {
    setEverything();
    properties.clear();
    Found found = find(PLATFORM, null);
    assertThat(found.folder()).isEqualTo(folder.resolve("variable"));
    assertThat(found.origin()).startsWith("environment variable MLC_NATIVES_PATH=");
  }

  @Test
  void theJarComesLastAndIsExtracted() throws IOException {
    setEverything();
    properties.put("mlc.natives.path", " ");
    environment.clear();
    Found found = find(PLATFORM, null);
    assertThat(found.folder()).isEqualTo(folder.resolve("home/natives/1-test-linux-x86_64"));
    assertThat(found.folder().resolve("second.so")).hasContent("the second library");
  }

  @Test
  void folderMayHoldOneFolderForEachPlatform() throws IOException {
    TestNatives.write(folder.resolve("all/linux-x86_64"));
    assertThat(find(PLATFORM, folder.resolve("all")).folder())
        .isEqualTo(folder.resolve("all/linux-x86_64"));
  }

  @Test
  void placeThatIsGivenButEmptyIsNeverSkipped() throws IOException {
    setEverything();
    properties.put("mlc.natives.path", folder.resolve("nowhere").toString());
    NativesLoadException failure = failure(PLATFORM, null);
    assertThat(failure).hasMessageContaining("mlc.natives.path=" + folder.resolve("nowhere"));
    assertThat(failure).hasMessageContaining("expected natives.properties there");
    assertThat(failure.attempts()).hasSize(2);
  }

  @Test
  void nothingFoundListsEveryPlaceAndTheDependency() {
    NativesLoadException failure = failure(PLATFORM, null);
    assertThat(failure.attempts())
        .hasSize(4)
        .satisfiesExactly(
            a -> assertThat(a).contains("option"),
            a -> assertThat(a).contains("mlc.natives.path (not set)"),
            a -> assertThat(a).contains("MLC_NATIVES_PATH (not set)"),
            a -> assertThat(a).contains("META-INF/mlc-natives/linux-x86_64/natives.properties"));
    assertThat(failure)
        .hasMessageContaining("<artifactId>mlc-native</artifactId>")
        .hasMessageContaining("<classifier>linux-x86_64</classifier>")
        .hasMessageContaining("--add-modules org.mlcengine.natives.linux.x86_64")
        .hasMessageContaining("tried: ");
  }

  @Test
  void unsupportedPlatformIsNamed() {
    assertThat(failure(new Platform("linux-musl", "x86_64"), null))
        .hasMessageContaining("this platform, linux-musl-x86_64; natives exist for linux-x86_64,");
  }

  @Test
  void nativesOfAnotherPlatformAreRefused() throws IOException {
    Path other =
        TestNatives.write(
            folder.resolve("other"), Natives.TVM_VERSION, new Platform("osx", "aarch64"));
    assertThat(failure(PLATFORM, other))
        .hasMessageContaining("its natives are for osx-aarch64, this platform is linux-x86_64");
  }

  @Test
  void nativesOfAnotherVersionAreRefused() throws IOException {
    Path other = TestNatives.write(folder.resolve("other"), "0.26.0", PLATFORM);
    assertThat(failure(PLATFORM, other))
        .hasMessageContaining("holds Apache TVM 0.26.0, this release needs " + Natives.TVM_VERSION);
  }

  @Test
  void changedLibraryIsRefused() throws IOException {
    Path given = TestNatives.write(folder.resolve("given"));
    Files.writeString(given.resolve("first.so"), "First library");
    assertThat(failure(PLATFORM, given)).hasMessageContaining("first.so has SHA-256");
  }

  @Test
  void unwritableCacheFolderIsNamedWithTheRemedy() throws IOException {
    TestNatives.writeJarContents(folder.resolve("jar"));
    Files.writeString(folder.resolve("home"), "a file where the cache folder should be");
    assertThat(failure(PLATFORM, null))
        .hasMessageContaining("cannot be extracted into " + folder.resolve("home/natives"))
        .hasMessageContaining("MLC_HOME");
  }

  private void setEverything() throws IOException {
    properties.put("mlc.natives.path", TestNatives.write(folder.resolve("property")).toString());
    environment.put("MLC_NATIVES_PATH", TestNatives.write(folder.resolve("variable")).toString());
    TestNatives.writeJarContents(folder.resolve("jar"));
  }

  private Found find(Platform platform, @Nullable Path option) throws IOException {
    URL[] jars = {folder.resolve("jar").toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(jars, null)) {
      return new NativesSearch(
              platform, properties::get, environment::get, loader, folder.resolve("home"))
          .find(option);
    }
  }

  private NativesLoadException failure(Platform platform, @Nullable Path option) {
    return catchThrowableOfType(NativesLoadException.class, () -> find(platform, option));
  }
}
