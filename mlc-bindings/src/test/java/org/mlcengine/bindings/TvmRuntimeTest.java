package org.mlcengine.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.programs.Program;

/** Loading, and what the loaded libraries do to the process. */
@ExtendWith(Natives.class)
final class TvmRuntimeTest {
  @TempDir Path folder;

  @Test
  void loadingAgainDoesNothing() {
    Natives.load();
    TvmRuntime.load(List.of());
    assertThat(TvmRuntime.isLoaded()).isTrue();
  }

  @Test
  void missingFileIsNamed() {
    Path missing = folder.resolve("libmissing.so");
    assertThatExceptionOfType(TvmLoadException.class)
        .isThrownBy(() -> TvmRuntime.load(List.of(missing)))
        .withMessageContaining(missing.toString())
        .satisfies(e -> assertThat(e.path()).isEqualTo(missing));
  }

  @Test
  void fileThatIsNoLibraryIsNamedWithTheReason() throws IOException {
    Path garbage = Files.writeString(folder.resolve("libgarbage.so"), "garbage".repeat(100));
    assertThatExceptionOfType(TvmLoadException.class)
        .isThrownBy(() -> TvmRuntime.load(List.of(garbage)))
        .withMessageMatching("(?s)cannot load .*libgarbage.so: .+");
  }

  @Test
  void secondCopyOfALibraryIsRefused() throws IOException {
    Path original = Natives.library("tvm_ffi");
    Path copy = Files.copy(original, folder.resolve(original.getFileName()));
    assertThatExceptionOfType(TvmLoadException.class)
        .isThrownBy(() -> TvmRuntime.load(List.of(copy)))
        .withMessageContaining("already loaded from " + original.toRealPath());
  }

  /** The first-tier compiler turns each of these null checks into a fault, and never stops. */
  @Test
  void jvmKeepsItsSignals() throws Exception {
    Child child =
        run(List.of("-Xmx64m", "-Xss512k", "-Xbatch", "-XX:TieredStopAtLevel=1"), "signals");
    assertThat(child.output)
        .containsExactly("null checks 100", "stack overflow", "out of memory", "shape [1, 2]");
    assertThat(child.status).isZero();
  }

  @Test
  void useBeforeLoadingAndAWrongFirstLibraryAreErrors() throws Exception {
    Path wrong = Path.of(System.getProperty("java.home"), "lib", System.mapLibraryName("prefs"));
    Child child = run(List.of("-Dwrong.library=" + wrong), "order");
    assertThat(child.output).hasSize(3);
    assertThat(child.output.getFirst()).isEqualTo("not loaded");
    assertThat(child.output.get(1))
        .isEqualTo("cannot load " + wrong + ": libtvm_ffi must be the first library to load");
    assertThat(child.output.get(2)).isEqualTo("shape [3]");
    assertThat(child.status).isZero();
  }

  @Test
  void threadsMayLoadAtTheSameTime() throws Exception {
    Child child = run(List.of(), "threads");
    assertThat(child.output).containsExactly("[[4], [4], [4], [4], [4], [4], [4], [4]]");
    assertThat(child.status).isZero();
  }

  @Test
  void jvmThatForgetsToCloseStillExits() throws Exception {
    Child child = run(List.of(), "forget");
    assertThat(child.output).containsExactly("copied [1, 2, 3]", "main returns");
    assertThat(child.status).isZero();
  }

  /** A library like a model's: it uses tvm-ffi's symbols and names no library that has them. */
  @Test
  void failedKernelCheckIsAnError() throws Exception {
    Path source = folder.resolve("kernel.c");
    Files.writeString(
        source,
        """
        void TVMFFIErrorSetRaisedFromCStrParts(const char*, const char**, int);
        int __tvm_ffi_check(void* self, const void* args, int count, void* result) {
          const char* parts[] = {"expected ", "a tensor"};
          TVMFFIErrorSetRaisedFromCStrParts("TypeError", parts, 2);
          return -1;
        }
        """);
    Path kernel = folder.resolve("kernel.so");
    assumeTrue(compiles(source, kernel), "no C compiler named cc");
    Child child = run(List.of("-Dkernel.library=" + kernel), "kernel");
    assertThat(child.output).containsExactly("TypeError: expected a tensor");
    assertThat(child.status).isZero();
  }

  @Test
  void onlyThisModuleNeedsNativeAccess() throws Exception {
    List<String> options = new ArrayList<>(List.of("--add-modules", "org.mlcengine.bindings"));
    options.addAll(List.of("--module-path", Path.of("target", "classes").toString()));
    options.add("--enable-native-access=org.mlcengine.bindings");
    if (Runtime.version().feature() >= 24) {
      options.add("--illegal-native-access=deny");
    }
    Child child = runWith(options, Path.of("target", "test-classes").toString(), "call");
    assertThat(child.output).containsExactly("copied [1, 2, 3]");
    assertThat(child.status).isZero();
  }

  private static boolean compiles(Path source, Path library) throws InterruptedException {
    try {
      List<String> command =
          List.of("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString());
      return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
    } catch (IOException noCompiler) {
      return false;
    }
  }

  private static Child run(List<String> options, String program) throws Exception {
    List<String> all = new ArrayList<>(options);
    all.add("--enable-native-access=ALL-UNNAMED");
    return runWith(all, System.getProperty("java.class.path"), program);
  }

  private static Child runWith(List<String> options, String classPath, String program)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:ErrorFile=" + Path.of("target", "hs_err_pid%p.log"));
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, Program.class.getName(), program));
    Stream.of("tvm_ffi", "tvm_runtime").forEach(n -> command.add(Natives.library(n).toString()));
    Path output = Files.createTempFile("program", ".txt");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      boolean exited = process.waitFor(120, TimeUnit.SECONDS);
      process.destroyForcibly().waitFor();
      return new Child(exited ? process.exitValue() : -1, Files.readAllLines(output));
    } finally {
      Files.delete(output);
    }
  }

  /** How a program ended; status -1 is one that did not end. */
  private record Child(int status, List<String> output) {}
}
