package org.mlcengine.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.mlcengine.natives.CpuFeatures;
import org.mlcengine.natives.MlcHome;

/**
 * The model that is used when none is named: made from its package on first use.
 *
 * <p>A script makes it, and knows whether it is there. What the script said is remembered in a
 * stamp, a small file, together with all that the answer depends on: the sources of the script and
 * of the compiler by their sizes and times, the processor, and the cache folder.
 */
final class DefaultModel {
  /** What it is called, whatever its folder. */
  static final String NAME = "SmolLM2-135M-Instruct";

  private static final String SCRIPT = "mlc-native/scripts/default_model.py";
  private static final List<String> SOURCES =
      List.of("mlc-native/scripts", "mlc-native/compiler/mlc_compiler");
  private static final System.Logger LOGGER = System.getLogger(DefaultModel.class.getName());

  private final Path root;
  private final @Nullable Path stamp;

  /**
   * The default model of a checkout.
   *
   * @param stamp where to remember the script's answer; null to ask it each time
   */
  DefaultModel(Path root, @Nullable Path stamp) {
    this.root = root;
    this.stamp = stamp;
  }

  /** Returns the default model's folder; makes it first if needed, with progress on stderr. */
  static Path folder() {
    String stamp = System.getProperty("mlc.default-model");
    Path root = Path.of(System.getProperty("mlc.root", "."));
    return new DefaultModel(root, stamp == null ? null : Path.of(stamp)).find();
  }

  private Path find() {
    Path remembered = remembered();
    if (remembered != null) {
      return remembered;
    }
    Path folder = askScript();
    remember(folder);
    return folder;
  }

  /** The folder in the stamp if the script would say the same now. */
  @Nullable Path remembered() {
    try {
      if (stamp != null && Files.exists(stamp)) {
        String[] parts = Files.readString(stamp).split("\n", 2);
        Path folder = Path.of(parts[0]);
        if (parts[1].equals(facts()) && Files.isDirectory(folder)) {
          return folder;
        }
      }
    } catch (IOException | ArrayIndexOutOfBoundsException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "Cannot use " + stamp + "; asking the script", e);
    }
    return null;
  }

  void remember(Path folder) {
    if (stamp == null) {
      return;
    }
    try {
      Files.writeString(stamp, folder + "\n" + facts());
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "Cannot write " + stamp, e);
    }
  }

  private String facts() throws IOException {
    Map<Path, String> files = new TreeMap<>();
    for (String folder : SOURCES) {
      Files.walkFileTree(
          root.resolve(folder),
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path entered, BasicFileAttributes facts) {
              return entered.endsWith("__pycache__")
                  ? FileVisitResult.SKIP_SUBTREE
                  : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes facts) {
              files.put(root.relativize(file), facts.size() + " " + facts.lastModifiedTime());
              return FileVisitResult.CONTINUE;
            }
          });
    }
    String processor =
        CpuFeatures.current().map(cpu -> new TreeSet<>(cpu.features()).toString()).orElse("");
    return "%s\n%s\n%s\n".formatted(MlcHome.folder(), processor, files);
  }

  private Path askScript() {
    Path script = script();
    List<String> command = List.of(System.getProperty("mlc.python", "python3"), script.toString());
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      process.getOutputStream().close();
      String last = "";
      try (BufferedReader output = process.inputReader()) {
        for (String line = output.readLine(); line != null; line = output.readLine()) {
          last = line;
        }
      }
      int status = process.waitFor();
      if (status != 0) {
        throw new CommandException(
            "the default model could not be made (exit status %d); see the lines above"
                .formatted(status));
      }
      return Path.of(last);
    } catch (IOException e) {
      throw new CommandException(
          "Python 3.10 or later is needed to make the default model: install it, or set PYTHON ("
              + e.getMessage()
              + ")",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted while the default model was made", e);
    }
  }

  private Path script() {
    Path script = root.resolve(SCRIPT);
    if (!Files.isRegularFile(script)) {
      throw new CommandException(
          "no model was named, and the default model can be made only from a checkout ("
              + script
              + " is missing); name a model folder");
    }
    return script;
  }
}
