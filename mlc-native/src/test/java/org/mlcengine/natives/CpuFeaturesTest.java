package org.mlcengine.natives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Flags of {@code /proc/cpuinfo} as levels and as LLVM's names. */
class CpuFeaturesTest {
  private static final String V2 = "fpu sse2 cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3";
  private static final String V3 = V2 + " avx avx2 bmi1 bmi2 f16c fma abm movbe";
  private static final String V4 = V3 + " avx512bw avx512cd avx512dq avx512f avx512vl avx512_vnni";

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "fpu sse2, x86-64",
    V2 + ", x86-64-v2",
    V3 + ", x86-64-v3",
    V4 + ", x86-64-v4",
    "fpu sse2 avx2 avx512f, x86-64"
  })
  void flagsGiveTheLevel(String flags, String level) throws IOException {
    assertThat(x86(flags).level()).isEqualTo(level);
  }

  @Test
  void featuresHaveLlvmsNames() throws IOException {
    assertThat(x86(V4).features())
        .contains("sse3", "sse4.1", "lzcnt", "bmi", "avx512vnni")
        .doesNotContain("pni", "abm");
  }

  @Test
  void aarch64HasOneLevel() throws IOException {
    Path file = cpuinfo("processor\t: 0\nFeatures\t: fp asimd asimddp sve\n");
    CpuFeatures cpu = CpuFeatures.read(new Platform("linux", "aarch64"), file).orElseThrow();
    assertThat(cpu.level()).isEqualTo("aarch64");
    assertThat(cpu.features()).containsExactlyInAnyOrder("fp", "neon", "dotprod", "sve");
  }

  @Test
  void systemsThatDoNotTellAreEmpty() throws IOException {
    Path absent = folder.resolve("absent");
    assertThat(CpuFeatures.read(new Platform("windows", "x86_64"), absent)).isEmpty();
    assertThat(CpuFeatures.read(TestNatives.PLATFORM, cpuinfo("processor\t: 0\n"))).isEmpty();
    assertThat(CpuFeatures.read(new Platform("osx", "aarch64"), absent)).isPresent();
  }

  private CpuFeatures x86(String flags) throws IOException {
    Path file = cpuinfo("processor\t: 0\nflags\t\t: " + flags + "\nbugs\t\t: none\n");
    return CpuFeatures.read(TestNatives.PLATFORM, file).orElseThrow();
  }

  private Path cpuinfo(String text) throws IOException {
    return Files.writeString(folder.resolve("cpuinfo"), text);
  }
}
