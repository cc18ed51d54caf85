package org.mlcengine.model;

import java.util.Set;

/**
 * This machine's processor.
 *
 * @param level the highest instruction set level that it offers: {@code x86-64}, {@code x86-64-v2},
 *     {@code x86-64-v3}, {@code x86-64-v4} or {@code aarch64}
 * @param features the instruction sets that it offers, by LLVM's or the kernel's names; empty when
 *     unknown
 */
public record HostCpu(String level, Set<String> features) {
  /** Copies the features. */
  public HostCpu {
    features = Set.copyOf(features);
  }
}
