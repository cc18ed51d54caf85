package org.mlcengine.natives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.bindings.TvmFunction;
import org.mlcengine.bindings.TvmRuntime;

/** The real natives of this platform, each time in a JVM of its own. */
class NativesTest {
  private static final String CLASS_PATH = System.getProperty("java.class.path");

  @TempDir Path folder;

  @BeforeAll
  static void nativesAreBuilt() {
    assertThat(TestNatives.BUILT.resolve(Platform.current().classifier()))
        .as("natives of this platform; -Dnatives.platforms must include it")
        .isDirectory();
  }

  @Test
  void loadsFromTheProperty() throws Exception {
    String output =
        run(List.of("-Dmlc.natives.path=" + TestNatives.BUILT), CLASS_PATH, "load", "load");
    String place = TestNatives.BUILT.resolve(Platform.current().classifier()).toString();
    assertThat(output.lines())
        .satisfiesExactly(
            line -> assertThat(line).contains(Natives.TVM_VERSION, place, "mlc.natives.path"),
            line -> assertThat(line).isEqualTo("the same"));
  }

  @Test
  void loadsFromTheJarOnTheClassPathAndFromTheCacheAfterwards() throws Exception {
    String classPath = CLASS_PATH + File.pathSeparator + jarContents();
    for (int i = 0; i < 2; i++) {
      assertThat(run(List.of(), classPath, "load"))
          .contains(folder.resolve("home/natives").toString(), "the jar resource");
    }
  }

  @Test
  void secondFolderIsRefusedByName() throws Exception {
    Path copy = copyOfNatives();
    String output = run(List.of(), CLASS_PATH, TestNatives.BUILT.toString(), copy.toString());
    assertThat(output)
        .contains("asked for from " + copy)
        .contains("this process has loaded those in " + TestNatives.BUILT);
  }

  @Test
  void librariesLoadedByOthersAreRefusedByName() throws Exception {
    Path copy = copyOfNatives();
    String output = run(List.of(), CLASS_PATH, "directly:" + copy, TestNatives.BUILT.toString());
    assertThat(output).contains("do not load").contains("already loaded from " + copy);
  }

  @Test
  void libraryThatReportsAnotherVersionIsRefused() throws Exception {
    Path copy = copyOfNatives();
    Path manifest = copy.resolve(Manifest.FILE);
    Files.writeString(
        manifest, Files.readString(manifest).replaceFirst("tvm-ffi.abi=.*", "tvm-ffi.abi=9.9.9"));
    assertThat(run(List.of(), CLASS_PATH, copy.toString())).contains("says 9.9.9");
  }

  @Test
  void grammarsAreLoadedOnlyWhenAskedForAndLeaveTheSignalsAlone() throws Exception {
    List<String> options =
        List.of("-Dmlc.natives.path=" + TestNatives.BUILT, "-Xbatch", "-XX:TieredStopAtLevel=1");
    assertThat(run(options, CLASS_PATH, "load", "grammars", "grammars", "nulls").lines())
        .satisfiesExactly(
            line -> assertThat(line).contains(Natives.TVM_VERSION),
            line -> assertThat(line).isEqualTo("no matcher, then a matcher"),
            line -> assertThat(line).isEqualTo("a matcher, then a matcher"),
            line -> assertThat(line).isEqualTo("null checks 100"));
  }

  @Test
  void grammarsBringTheOtherNativesWithThem() throws Exception {
    String classPath = CLASS_PATH + File.pathSeparator + jarContents();
    assertThat(run(List.of(), classPath, "bare", "nulls")).contains("a matcher", "null checks 100");
  }

  @Test
  void missingLibraryOfGrammarsIsNamedWithTheRemedy() throws Exception {
    Path copy = copyOfNatives();
    Path manifest = copy.resolve(Manifest.FILE);
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.replaceAll("(?m)^xgrammar.*\\R", ""));
    assertThat(run(List.of(), CLASS_PATH, copy.toString(), "grammars"))
        .contains("lists no xgrammar", "Use the natives of the same release");
    Files.writeString(manifest, text.replaceFirst("xgrammar.version=.*", "xgrammar.version=9.9"));
    assertThat(run(List.of(), CLASS_PATH, copy.toString(), "grammars"))
        .contains("hold XGrammar 9.9, this release needs " + Natives.XGRAMMAR_VERSION);
  }

  @Test
  void damagedLibraryOfGrammarsIsRefusedOnlyWhenAskedFor() throws Exception {
    Path copy = copyOfNatives();
    Path library = copy.resolve(Manifest.read(copy).xgrammar().orElseThrow().library().file());
    Files.writeString(library, "damaged");
    assertThat(run(List.of(), CLASS_PATH, copy.toString()))
        .contains(Natives.TVM_VERSION)
        .doesNotContain("damaged");
    assertThat(run(List.of(), CLASS_PATH, copy.toString(), "grammars"))
        .contains(library + " has 7 bytes");
    Files.delete(library);
    assertThat(run(List.of(), CLASS_PATH, copy.toString(), "grammars"))
        .contains(library + " cannot be read");
  }

  /**
   * Each argument is a folder to load from, "load", "directly:" with a folder, "grammars", "bare"
   * for grammars before anything else, or "nulls".
   */
  static final class Load {
    private static final String MATCHER = "xgrammar.tvm_ffi_binding.GrammarMatcher";

    private static void loadGrammars() {
      String first = matcher();
      Natives.loadGrammars();
      System.out.printf("%s, then %s%n", first, matcher());
    }

    private static String matcher() {
      if (!TvmRuntime.isLoaded()) {
        return "nothing";
      }
      try (TvmFunction constructor = TvmFunction.method(MATCHER, TvmFunction.CONSTRUCTOR)) {
        return "a matcher";
      } catch (NoSuchElementException e) {
        return "no matcher";
      }
    }

    /** Follows null references in compiled code, each of which is a fault that the JVM handles. */
    @SuppressWarnings("NullAway")
    private static int failedNullChecks() {
      int failed = 0;
      for (int i = 0; i < 100; i++) {
        for (int k = 0; k < 20_000; k++) {
          length(new int[1][]);
        }
        try {
          length(null);
        } catch (NullPointerException e) {
          failed++;
        }
      }
      return failed;
    }

    private static int length(int[][] array) {
      return array.length;
    }

    public static void main(String[] arguments) throws IOException {
      LoadedNatives first = null;
      for (String argument : arguments) {
        if (argument.equals("nulls")) {
          System.out.println("null checks " + failedNullChecks());
          continue;
        }
        if (argument.equals("grammars") || argument.equals("bare")) {
          try {
            loadGrammars();
          } catch (NativesLoadException e) {
            System.out.println(e.getMessage());
          }
          continue;
        }
        if (argument.startsWith("directly:")) {
          Path folder = Path.of(argument.substring("directly:".length()));
          TvmRuntime.load(List.of(folder.resolve(Manifest.read(folder).libraries().get(0).file())));
          continue;
        }
        try {
          LoadedNatives loaded =
              argument.equals("load") ? Natives.load() : Natives.load(Path.of(argument));
          System.out.println(loaded == first ? "the same" : loaded.toString());
          first = loaded;
        } catch (NativesLoadException e) {
          System.out.println(e.getMessage());
        }
      }
    }
  }

  private String run(List<String> options, String classPath, String... arguments)
      throws IOException, InterruptedException {
    Map<String, String> environment = Map.of("MLC_HOME", folder.resolve("home").toString());
    return ChildJvm.start(Load.class, options, environment, classPath, arguments).output();
  }

  private static Path jarContents() {
    return Path.of("target", "natives-jars", Platform.current().classifier()).toAbsolutePath();
  }

  private Path copyOfNatives() throws IOException {
    Path copy = Files.createDirectory(folder.resolve("copy"));
    Path source = TestNatives.BUILT.resolve(Platform.current().classifier());
    try (Stream<Path> files = Files.list(source)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }
}
