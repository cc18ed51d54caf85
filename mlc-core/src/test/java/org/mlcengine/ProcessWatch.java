package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** Measures this process while a test runs; where there is no {@code /proc}, everything is 0. */
final class ProcessWatch {
  /**
   * What the process had at a moment.
   *
   * @param minutes since the watch began
   * @param residentMb resident memory; the whole Java heap's is in it from the start where the JVM
   *     has {@code -XX:+AlwaysPreTouch} and as much heap at the start as at most
   * @param liveMb what a collection left in the Java heap
   */
  record Sample(double minutes, double residentMb, double liveMb, long threads, long files) {}

  /** Threads of pools and files of classes that come with the first use of something. */
  private static final int FEW = 10;

  private static final Path SELF = Path.of("/proc/self");

  private final long start = System.nanoTime();
  private final List<Sample> samples = new ArrayList<>();

  /** Collects garbage and takes a sample. */
  void sample() throws IOException {
    System.gc();
    double live = used();
    double resident = Files.isDirectory(SELF) ? resident() : 0;
    double minutes = (System.nanoTime() - start) / 60e9;
    long threads = count(SELF.resolve("task"));
    samples.add(new Sample(minutes, resident, live, threads, count(SELF.resolve("fd"))));
  }

  /** Fails if the last sample has more open files or threads than the first, but for a few. */
  void requireNoneLeft() {
    Sample first = samples.getFirst();
    Sample last = samples.getLast();
    assertThat(last.files()).as("open files").isLessThanOrEqualTo(first.files() + FEW);
    assertThat(last.threads()).as("threads").isLessThanOrEqualTo(first.threads() + FEW);
  }

  /**
   * Fails if something grew in the second half: by the slope of the line of least squares.
   *
   * @param mostMb how much more memory each minute may bring
   */
  void requireFlat(double mostMb) {
    double half = samples.getLast().minutes() / 2;
    List<Sample> second = samples.stream().filter(sample -> sample.minutes() >= half).toList();
    assertThat(slope(second, Sample::residentMb)).as("MB resident a minute").isLessThan(mostMb);
    assertThat(slope(second, Sample::liveMb)).as("MB of Java heap a minute").isLessThan(mostMb);
    assertThat(slope(second, Sample::threads)).as("threads a minute").isLessThan(0.5);
    assertThat(slope(second, Sample::files)).as("open files a minute").isLessThan(0.5);
  }

  private static double slope(List<Sample> samples, ToDoubleFunction<Sample> value) {
    double meanTime = samples.stream().mapToDouble(Sample::minutes).average().orElse(0);
    double mean = samples.stream().mapToDouble(value).average().orElse(0);
    double products = 0;
    double squares = 0;
    for (Sample sample : samples) {
      double time = sample.minutes() - meanTime;
      products += time * (value.applyAsDouble(sample) - mean);
      squares += time * time;
    }
    return products / squares;
  }

  /** Writes the samples as CSV, for people. */
  void write(Path file) throws IOException {
    List<String> lines = new ArrayList<>(List.of("minutes,resident MB,live MB,threads,files"));
    for (Sample s : samples) {
      lines.add(
          "%.2f,%.1f,%.1f,%d,%d"
              .formatted(s.minutes(), s.residentMb(), s.liveMb(), s.threads(), s.files()));
    }
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.write(file, lines);
  }

  private static double used() {
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1e6;
  }

  private static double resident() throws IOException {
    return kibibytes("VmRSS:") * 1024 / 1e6;
  }

  /** Returns what {@code /proc/self/status} says of a kind of memory. */
  static long kibibytes(String field) throws IOException {
    try (Stream<String> lines = Files.lines(SELF.resolve("status"))) {
      String line = lines.filter(text -> text.startsWith(field)).findFirst().orElseThrow();
      return Long.parseLong(line.replaceAll("\\D", ""));
    }
  }

  private static long count(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.count();
    }
  }
}
