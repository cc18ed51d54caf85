package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What an engine does to its process: memory, threads, output and exit. */
class EngineProcessTest {
  @TempDir Path temporary;

  private List<String> run(String program) throws IOException, InterruptedException {
    List<String> heap = List.of("-Xms192m", "-Xmx192m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC");
    return ChildJvm.run(temporary.resolve("output"), heap, EngineProgram.class, program);
  }

  @Test
  void nothingIsPrinted() throws Exception {
    assertThat(run("quiet")).isEmpty();
  }

  @Test
  void aProgramThatForgetsToCloseStillEnds() throws Exception {
    assertThat(run("forget")).isEmpty();
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "sets Linux's limit of the address space")
  void memoryThatTheSystemRefusesIsAnErrorAndTheNextModelOpens() throws Exception {
    List<String> lines = run("scarce");
    assertThat(lines).hasSize(5);
    assertThat(lines.subList(0, 4))
        .allSatisfy(line -> assertThat(line).startsWith("InsufficientMemoryException: "));
    assertThat(lines.get(0)).contains("weights", "Free memory");
    assertThat(lines.get(1)).contains("KV cache", "maxTotalSequenceLength");
    assertThat(lines.getLast()).isEqualTo("native objects: 0");
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "reads /proc")
  void roundsOfOpenAndCloseLeaveNothingBehind() throws Exception {
    List<long[]> rounds =
        run("rounds").stream()
            .map(line -> List.of(line.split(" ")).stream().mapToLong(Long::parseLong).toArray())
            .toList();
    long[] second = rounds.get(1);
    for (long[] round : rounds) {
      assertThat(round[1]).as("threads").isZero();
      assertThat(round[2]).as("native objects").isZero();
    }
    // Some rounds end with a block that the C library still keeps; a leak would add up in all.
    long least = rounds.subList(15, 20).stream().mapToLong(round -> round[0]).min().orElseThrow();
    assertThat(least).as("resident KiB").isLessThan(second[0] + (30 << 10));
  }
}
