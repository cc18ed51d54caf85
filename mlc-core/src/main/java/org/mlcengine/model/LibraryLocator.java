package org.mlcengine.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.mlcengine.errors.ModelLibraryMismatchException;
import org.mlcengine.errors.ModelLoadException;

/**
 * Finds the model library in a model folder. A library's name may carry the processor level that it
 * was compiled for, as in {@code lib-cpu-x86-64-v3.so}; one whose name does not is taken to run
 * anywhere.
 */
public final class LibraryLocator {
  private LibraryLocator() {}

  /**
   * Returns the library with the highest level that the processor offers.
   *
   * @throws ModelLibraryMismatchException if no library, none that fits, or several equally good
   *     ones are in the folder
   * @throws ModelLoadException if the folder cannot be read
   */
  public static Path locate(Path folder, HostCpu host) {
    return locate(folder, host, System.getProperty("os.name"));
  }

  static Path locate(Path folder, HostCpu host, String osName) {
    List<String> endings = endings(osName);
    List<Path> all = libraries(folder, endings);
    List<Path> fitting = all.stream().filter(library -> rank(library, host) >= 0).toList();
    int best = fitting.stream().mapToInt(library -> rank(library, host)).max().orElse(-1);
    List<Path> found = fitting.stream().filter(library -> rank(library, host) == best).toList();
    if (found.size() == 1) {
      return found.getFirst();
    }
    String problem;
    String remedy = "Compile one: " + CompileCommand.of(folder, host);
    if (all.isEmpty()) {
      problem = "expected a model library (%s), found none".formatted(String.join(", ", endings));
    } else if (found.isEmpty()) {
      problem = "this processor offers %s; none of %s fits".formatted(host.level(), names(all));
    } else {
      problem = "expected one model library, found %s".formatted(names(found));
      remedy = "Name one with the option modelLib.";
    }
    throw new ModelLibraryMismatchException("%s: %s. %s".formatted(folder, problem, remedy));
  }

  /** The level in a library's name, 0 without one, -1 when the processor does not offer it. */
  private static int rank(Path library, HostCpu host) {
    CpuLevel own = CpuLevel.in(host.level()).orElse(null);
    return CpuLevel.in(library.getFileName().toString())
        .map(level -> own == null || level.runsOn(own) ? level.rank() : -1)
        .orElse(0);
  }

  private static List<Path> libraries(Path folder, List<String> endings) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> endings.stream().anyMatch(file.getFileName().toString()::endsWith))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new ModelLoadException(
          "%s: the model folder cannot be read (%s). Give the path of a converted model."
              .formatted(folder, e),
          e);
    }
  }

  private static List<String> endings(String osName) {
    String os = osName.toLowerCase(Locale.ROOT);
    if (os.startsWith("windows")) {
      return List.of(".dll");
    }
    return os.startsWith("mac") ? List.of(".dylib", ".so") : List.of(".so");
  }

  private static String names(List<Path> libraries) {
    return String.join(
        ", ", libraries.stream().map(library -> library.getFileName().toString()).toList());
  }
}
