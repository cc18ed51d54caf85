package org.mlcengine.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Extraction: whole, repaired, and by many at once. */
class NativesCacheTest {
  @TempDir Path folder;

  private Path jar;
  private Manifest manifest;
  private NativesCache cache;

  @BeforeEach
  void write() throws IOException {
    jar = TestNatives.write(folder.resolve("jar"));
    manifest = Manifest.read(jar);
    cache = new NativesCache(folder.resolve("home"));
  }

  @Test
  void extractionIsDoneOnce() throws IOException {
    Path place = extract();
    Object before = Files.readAttributes(place, "unix:ino").get("ino");
    assertThat(extract()).isEqualTo(place);
    assertThat(Files.readAttributes(place, "unix:ino")).containsEntry("ino", before);
    assertOnlyTheNativesRemain(place);
  }

  @Test
  void corruptedExtractionIsRepaired() throws IOException {
    Path place = extract();
    Files.writeString(place.resolve("first.so"), "First library");
    Files.delete(place.resolve("second.so"));
    assertThat(manifest.problemIn(extract())).isEmpty();
    assertOnlyTheNativesRemain(place);
  }

  @Test
  void damageThatKeepsTheSizeIsRepaired() throws IOException {
    Path place = extract();
    extract();
    Files.writeString(place.resolve("first.so"), "First library");
    assertThat(manifest.problemIn(extract())).isEmpty();
  }

  @Test
  void filesThatHaveNotChangedAreNotHashedAgain() throws IOException {
    Path library = extract().resolve("first.so");
    extract();
    FileTime time = Files.getLastModifiedTime(library);
    Files.writeString(library, "First library");
    Files.setLastModifiedTime(library, time);
    extract();
    assertThat(library).hasContent("First library");
  }

  @Test
  void whatKilledExtractionsLeftIsRemoved() throws IOException {
    Path left = Files.createDirectories(cache.root().resolve(".partial-new"));
    Files.writeString(left.resolve("first.so"), "fir");
    assertOnlyTheNativesRemain(extract());
  }

  @Test
  void damagedJarIsRefusedAndNothingIsKept() throws IOException {
    Files.writeString(jar.resolve("second.so"), "another library of the");
    assertThatThrownBy(this::extract)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the jar is damaged")
        .hasMessageContaining("second.so");
    try (Stream<Path> files = Files.list(cache.root())) {
      assertThat(files).extracting(p -> p.getFileName().toString()).containsExactly(".lock");
    }
  }

  @Test
  void manyThreadsGetOneExtraction() throws Exception {
    List<Callable<Path>> calls = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      calls.add(this::extract);
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (Future<Path> place : threads.invokeAll(calls)) {
        assertThat(manifest.problemIn(place.get())).isEmpty();
      }
    }
    assertOnlyTheNativesRemain(extract());
  }

  @Test
  void manyProcessesGetOneExtraction() throws Exception {
    List<ChildJvm> children = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      children.add(
          ChildJvm.start(Extract.class, List.of(), folder.resolve("home").toString(), uri()));
    }
    for (ChildJvm child : children) {
      assertThat(child.output()).isEqualTo("intact after 50 extractions\n");
    }
    assertOnlyTheNativesRemain(extract());
  }

  /** Extracts again and again, damaging the result in between. */
  static final class Extract {
    public static void main(String[] arguments) throws IOException {
      NativesCache cache = new NativesCache(Path.of(arguments[0]));
      URI jar = URI.create(arguments[1]);
      Manifest manifest = Manifest.read(Path.of(jar));
      for (int i = 0; i < 50; i++) {
        Path place = cache.extract(manifest, jar);
        Files.deleteIfExists(place.resolve(i % 2 == 0 ? "first.so" : "second.so"));
      }
      System.out.print("intact after 50 extractions\n");
    }
  }

  private Path extract() throws IOException {
    return cache.extract(manifest, URI.create(uri()));
  }

  private String uri() {
    return jar.toUri().toString();
  }

  private void assertOnlyTheNativesRemain(Path place) throws IOException {
    assertThat(manifest.problemIn(place)).isEmpty();
    try (Stream<Path> files = Files.list(cache.root())) {
      assertThat(files).containsExactlyInAnyOrder(place, cache.root().resolve(".lock"));
    }
  }
}
