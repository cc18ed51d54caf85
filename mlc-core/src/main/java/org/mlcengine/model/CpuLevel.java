package org.mlcengine.model;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A level of an instruction set: higher ones run everything that is compiled for lower ones of the
 * same family.
 *
 * @param family {@code x86-64} or {@code aarch64}
 * @param rank 1 for the family's base
 */
record CpuLevel(String family, int rank) {
  private static final Pattern NAME =
      Pattern.compile(
          "(?<![a-zA-Z0-9])(?:(?:x86-64|x86_64|amd64)(?:[-_]v([234]))?|(aarch64|arm64))"
              + "(?![a-zA-Z0-9])");
  private static final List<Set<String>> X86_ADDED =
      List.of(
          Set.of(),
          Set.of("cx16", "popcnt", "sse3", "sse4.1", "sse4.2", "ssse3"),
          Set.of("avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe"),
          Set.of("avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"));

  /** The first level that a text mentions, for instance a library's name. */
  static Optional<CpuLevel> in(String text) {
    Matcher matcher = NAME.matcher(text);
    if (!matcher.find()) {
      return Optional.empty();
    }
    if (matcher.group(2) != null) {
      return Optional.of(new CpuLevel("aarch64", 1));
    }
    String version = matcher.group(1);
    return Optional.of(new CpuLevel("x86-64", version == null ? 1 : Integer.parseInt(version)));
  }

  boolean runsOn(CpuLevel host) {
    return family.equals(host.family) && rank <= host.rank;
  }

  /** The features, by LLVM's names, that this level adds to the one below. */
  SortedSet<String> added() {
    return new TreeSet<>(family.equals("x86-64") ? X86_ADDED.get(rank - 1) : Set.of("neon"));
  }

  /** The features that every processor of this level has, by LLVM's names. */
  Set<String> features() {
    Set<String> features = new TreeSet<>(added());
    if (rank > 1) {
      features.addAll(new CpuLevel(family, rank - 1).features());
    }
    return features;
  }
}
