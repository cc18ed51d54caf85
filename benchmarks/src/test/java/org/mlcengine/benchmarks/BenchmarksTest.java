package org.mlcengine.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Every suite runs; how fast is not tested. */
class BenchmarksTest {
  @Test
  void everySuiteRuns() throws Exception {
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include("org\\.mlcengine\\.benchmarks\\..*")
                    .param("tokens", "41")
                    .forks(0)
                    .warmupIterations(0)
                    .measurementIterations(1)
                    .measurementTime(TimeValue.milliseconds(10))
                    .shouldFailOnError(true)
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();

    assertThat(results.stream().map(BenchmarksTest::suite).distinct().toList())
        .containsExactlyInAnyOrderElementsOf(suites());
    assertThat(results).allSatisfy(r -> assertThat(r.getPrimaryResult().getScore()).isPositive());
  }

  private static String suite(RunResult result) {
    String[] names = result.getParams().getBenchmark().split("\\.");
    return names[names.length - 2];
  }

  private static List<String> suites() throws IOException {
    try (Stream<Path> files =
        Files.list(
            Path.of(System.getProperty("basedir"), "src/main/java/org/mlcengine/benchmarks"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith("Benchmark.java"))
          .map(name -> name.substring(0, name.indexOf('.')))
          .toList();
    }
  }
}
