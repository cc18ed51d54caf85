package org.mlcengine.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.mlcengine.natives.CpuFeatures;
import org.mlcengine.natives.CpuKernels;
import org.mlcengine.natives.LoadedNatives;
import org.mlcengine.natives.MlcHome;
import org.mlcengine.natives.Natives;
import org.mlcengine.natives.NativesLoadException;
import org.mlcengine.natives.Platform;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;

@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = "Shows what was found on this machine, and what is wrong.")
final class DoctorCommand implements Callable<Integer> {
  private static final int NEEDED_JAVA = 22;

  private final PrintStream output = System.out;
  private int problems;

  @Override
  public Integer call() {
    java();
    processor();
    natives();
    python();
    models();
    output.println();
    output.println(problems == 0 ? "Nothing is wrong." : "Problems: " + problems);
    return problems == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
  }

  private void java() {
    int version = Runtime.version().feature();
    fact("Java", Runtime.version() + ", " + System.getProperty("java.vendor"));
    fact("", System.getProperty("java.home"));
    if (version < NEEDED_JAVA) {
      problem("Java %d or later is needed; set JAVA_HOME".formatted(NEEDED_JAVA));
    }
  }

  private void processor() {
    Platform platform = Platform.current();
    fact("platform", platform.toString());
    if (!platform.isSupported()) {
      problem("there are no natives for this platform");
    }
    Optional<CpuFeatures> features = CpuFeatures.current();
    fact(
        "processor",
        "%d cores, %s"
            .formatted(
                Runtime.getRuntime().availableProcessors(),
                features.map(CpuFeatures::level).orElse("level unknown")));
    features.ifPresent(
        found -> {
          TreeSet<String> shown = new TreeSet<>(found.features());
          shown.removeIf(name -> !name.matches("(avx|amx|fma|f16c|neon|dotprod|sve|i8mm).*"));
          fact("", String.join(" ", shown));
        });
  }

  private void natives() {
    try {
      LoadedNatives natives = Natives.load();
      fact(
          "natives", "TVM %s, tvm-ffi %s".formatted(natives.tvmVersion(), natives.tvmFfiVersion()));
      fact("", "%s, from %s".formatted(natives.folder(), natives.origin()));
      fact(
          "kernels",
          CpuKernels.loaded()
              .map(found -> "version %d, %s".formatted(found.version(), found.isa()))
              .orElse("none for this platform; compile models with --kernels tir"));
    } catch (NativesLoadException e) {
      fact("natives", "not loaded");
      problem(String.valueOf(e.getMessage()));
    }
  }

  private void python() {
    String python = System.getProperty("mlc.python", "python3");
    try {
      Process process = new ProcessBuilder(python, "--version").redirectErrorStream(true).start();
      try (BufferedReader lines = process.inputReader()) {
        fact("Python", lines.readLine() + " (" + python + "; needed to make models only)");
      }
    } catch (IOException e) {
      fact("Python", "none (" + python + ")");
      problem("Python 3.10 or later is needed to make models; install it, or set PYTHON");
    }
  }

  private void models() {
    Path home = MlcHome.folder();
    fact("MLC_HOME", home.toString());
    Path folder = home.resolve("models");
    if (!Files.isDirectory(folder)) {
      fact("models", "none yet; mlc chat makes the default model on first use");
      return;
    }
    try (Stream<Path> models = Files.list(folder)) {
      models
          .filter(model -> Files.exists(model.resolve("mlc-chat-config.json")))
          .sorted()
          .forEach(this::model);
    } catch (IOException e) {
      problem(folder + " cannot be read: " + e);
    }
  }

  private void model(Path model) {
    try (Stream<Path> files = Files.list(model)) {
      List<String> libraries =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.matches(".*\\.(so|dylib|dll)"))
              .sorted()
              .toList();
      fact("model", model.getFileName() + ": " + String.join(", ", libraries));
      if (libraries.isEmpty()) {
        problem(model + " has no model library; make one with mlc compile");
      }
    } catch (IOException e) {
      problem(model + " cannot be read: " + e);
    }
  }

  private void fact(String name, String value) {
    output.printf("%-10s %s%n", name, value);
  }

  private void problem(String text) {
    problems++;
    output.printf("%-10s WRONG: %s%n", "", text);
  }
}
