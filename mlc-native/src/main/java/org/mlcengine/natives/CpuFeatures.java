package org.mlcengine.natives;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The instruction sets that a processor offers.
 *
 * @param level the highest level that the processor reaches: {@code x86-64}, {@code x86-64-v2},
 *     {@code x86-64-v3}, {@code x86-64-v4} (levels of the x86-64 psABI) or {@code aarch64}
 * @param features by LLVM's names where LLVM has another name than the Linux kernel (for example
 *     {@code sse4.2}, {@code lzcnt}, {@code neon}), else by the kernel's
 */
public record CpuFeatures(String level, Set<String> features) {
  private static final Map<String, String> LLVM_NAMES =
      Map.ofEntries(
          Map.entry("pni", "sse3"),
          Map.entry("sse4_1", "sse4.1"),
          Map.entry("sse4_2", "sse4.2"),
          Map.entry("abm", "lzcnt"),
          Map.entry("bmi1", "bmi"),
          Map.entry("avx512_vnni", "avx512vnni"),
          Map.entry("avx512_bf16", "avx512bf16"),
          Map.entry("avx512_fp16", "avx512fp16"),
          Map.entry("avx_vnni", "avxvnni"),
          Map.entry("amx_tile", "amx-tile"),
          Map.entry("amx_int8", "amx-int8"),
          Map.entry("amx_bf16", "amx-bf16"),
          Map.entry("asimd", "neon"),
          Map.entry("asimddp", "dotprod"),
          Map.entry("asimdhp", "fullfp16"));

  /** What each level from v2 on adds to the one below. */
  private static final List<Set<String>> X86_LEVELS =
      List.of(
          Set.of("cx16", "lahf_lm", "popcnt", "sse3", "sse4.1", "sse4.2", "ssse3"),
          Set.of("avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe"),
          Set.of("avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"));

  /** Copies the features. */
  public CpuFeatures {
    features = Set.copyOf(features);
  }

  /**
   * This machine's processor; empty where the system does not tell it to a Java program, as on
   * Windows.
   */
  public static Optional<CpuFeatures> current() {
    return Current.FEATURES;
  }

  private static final class Current {
    private static final Optional<CpuFeatures> FEATURES =
        read(Platform.current(), Path.of("/proc/cpuinfo"));
  }

  static Optional<CpuFeatures> read(Platform platform, Path cpuinfo) {
    if (platform.os().equals("osx") && platform.architecture().equals("aarch64")) {
      return Optional.of(new CpuFeatures("aarch64", Set.of("neon")));
    }
    try (Stream<String> lines = Files.lines(cpuinfo)) {
      return lines
          .filter(line -> line.startsWith("flags") || line.startsWith("Features"))
          .map(line -> of(platform.architecture(), line.substring(line.indexOf(':') + 1)))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static CpuFeatures of(String architecture, String flags) {
    Set<String> features =
        Arrays.stream(flags.trim().split("\\s+"))
            .map(flag -> LLVM_NAMES.getOrDefault(flag, flag))
            .collect(Collectors.toUnmodifiableSet());
    return new CpuFeatures(
        architecture.equals("x86_64") ? x86Level(features) : architecture, features);
  }

  private static String x86Level(Set<String> features) {
    int level = 1;
    for (Set<String> added : X86_LEVELS) {
      if (!features.containsAll(added)) {
        break;
      }
      level++;
    }
    return level == 1 ? "x86-64" : "x86-64-v" + level;
  }
}
