package org.mlcengine.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.ModelLibraryMismatchException;

/** Whether a model folder, a model library and a processor belong together. */
public final class ModelCompatibility {
  private static final int SHOWN = 3;

  private final ModelConfig config;
  private final WeightIndex weights;
  private final LibraryMetadata library;

  private ModelCompatibility(ModelConfig config, WeightIndex weights, LibraryMetadata library) {
    this.config = config;
    this.weights = weights;
    this.library = library;
  }

  /**
   * Checks that the library runs on the processor and with the natives' kernels, is for the
   * folder's model, and finds each of its parameters among the weights with equal shape and type.
   * Weights that the library does not take are no error.
   *
   * @param kernels the version of the natives' kernels; empty if they come without
   * @throws ModelLibraryMismatchException naming the library, the folder, what differs, and the
   *     command that makes a fitting library
   */
  public static void check(
      ModelConfig config,
      WeightIndex weights,
      LibraryMetadata library,
      HostCpu host,
      OptionalInt kernels) {
    ModelCompatibility check = new ModelCompatibility(config, weights, library);
    check.checkModel();
    library.target().ifPresent(target -> check.checkTarget(target, host));
    library.kernels().ifPresent(needed -> check.checkKernels(needed, kernels));
    check.checkParameters();
  }

  private void checkModel() {
    requireEqual("model_type", config.modelType(), library.modelType());
    requireEqual("quantization", config.quantization(), library.quantization());
    if (config.makesEmbeddings()) {
      checkEncoder();
    } else {
      checkDecoder();
    }
  }

  private void checkEncoder() {
    if (library.kvStateKind() != KvStateKind.NONE) {
      throw mismatch(
          "kv_state_kind is %s; this engine makes embeddings with encoders, which keep no state"
              .formatted(library.kvStateKind().mlcName()),
          recompile());
    }
  }

  private void checkDecoder() {
    if (!config.modelTask().equals("chat")) {
      throw mismatch(
          "model_task is %s; this engine runs models for chat and embedding"
              .formatted(config.modelTask()),
          "Choose such a model.");
    }
    if (library.kvStateKind() != KvStateKind.KV_CACHE || library.kvCache().isEmpty()) {
      throw mismatch(
          "kv_state_kind is %s%s; this engine runs models with kv_cache"
              .formatted(
                  library.kvStateKind().mlcName(),
                  library.kvCache().isEmpty() ? " without the cache's shape" : ""),
          "Choose a model with attention in every layer.");
    }
    if (config.hasSlidingWindow() || library.slidingWindowSize() > 0) {
      throw mismatch(
          "sliding_window_size is %d in the folder, %d in the library; this engine runs models without one"
              .formatted(config.slidingWindowSize(), library.slidingWindowSize()),
          "Choose a model whose attention has no window.");
    }
  }

  private void requireEqual(String field, String folder, String library) {
    if (!folder.equals(library)) {
      throw mismatch(
          "%s is %s in the folder, %s in the library".formatted(field, folder, library),
          recompile());
    }
  }

  private void checkTarget(LibraryTarget target, HostCpu host) {
    String remedy = "Recompile: " + CompileCommand.of(config.folder(), host);
    if (!target.kind().equals("llvm") && !target.kind().equals("c")) {
      throw mismatch(
          "it was compiled for the target %s; this engine runs libraries for the target llvm"
              .formatted(target.kind()),
          remedy);
    }
    Optional<CpuLevel> needed = target.level().flatMap(CpuLevel::in);
    Optional<CpuLevel> offered = CpuLevel.in(host.level());
    if (needed.isPresent() && offered.isPresent() && !needed.get().runsOn(offered.get())) {
      String added = String.join(", ", needed.get().added());
      throw mismatch(
          "it was compiled for %s%s, this processor offers %s"
              .formatted(
                  target.level().orElseThrow(),
                  added.isEmpty() ? "" : " (needs " + added + ")",
                  host.level()),
          remedy);
    }
    List<String> missing = missing(target.features(), host);
    if (!missing.isEmpty()) {
      throw mismatch(
          "it needs %s, which this processor lacks".formatted(String.join(", ", missing)), remedy);
    }
  }

  private void checkKernels(LibraryKernels needed, OptionalInt found) {
    if (needed.areNative() && (found.isEmpty() || found.getAsInt() != needed.version())) {
      throw mismatch(
          "it calls version %d of the natives' kernels, the natives in use have %s"
              .formatted(
                  needed.version(), found.isEmpty() ? "none" : "version " + found.getAsInt()),
          recompile() + (found.isEmpty() ? " --kernels tir" : ""));
    }
  }

  private static List<String> missing(List<String> needed, HostCpu host) {
    if (host.features().isEmpty()) {
      return List.of();
    }
    // The kernel has names of its own for some features of a level, such as pni for sse3.
    Set<String> implied = CpuLevel.in(host.level()).map(CpuLevel::features).orElse(Set.of());
    Set<String> plain =
        Stream.concat(host.features().stream(), implied.stream())
            .map(ModelCompatibility::plain)
            .collect(Collectors.toUnmodifiableSet());
    return needed.stream()
        .filter(feature -> !feature.startsWith("-") && !plain.contains(plain(feature)))
        .toList();
  }

  /** LLVM writes avx512vnni and sse4.2 where the kernel writes avx512_vnni and sse4_2. */
  private static String plain(String feature) {
    return feature.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }

  private void checkParameters() {
    List<String> differences = new ArrayList<>();
    for (LibraryParameter parameter : library.parameters()) {
      String difference = difference(parameter, weights.tensors().get(parameter.name()));
      if (difference != null) {
        differences.add(difference);
      }
    }
    if (!differences.isEmpty()) {
      String shown = String.join("; ", differences.subList(0, Math.min(SHOWN, differences.size())));
      throw mismatch(
          "%d of the library's %d parameters differ from the folder's %d: %s%s"
              .formatted(
                  differences.size(),
                  library.parameters().size(),
                  weights.tensors().size(),
                  shown,
                  differences.size() > SHOWN ? "; ..." : ""),
          recompile());
    }
  }

  private static @Nullable String difference(
      LibraryParameter parameter, @Nullable WeightTensor tensor) {
    if (tensor == null) {
      return parameter.name() + " is missing";
    }
    if (tensor.shape().equals(parameter.shape()) && tensor.dtype() == parameter.dtype()) {
      return null;
    }
    return "%s is %s %s in the folder, %s %s in the library"
        .formatted(
            parameter.name(),
            tensor.dtype().tvmName(),
            tensor.shape(),
            parameter.dtype().tvmName(),
            parameter.shape());
  }

  private String recompile() {
    return "Compile the library for this folder: " + CompileCommand.of(config.folder());
  }

  private ModelLibraryMismatchException mismatch(String problem, String remedy) {
    return new ModelLibraryMismatchException(
        "The model library %s does not fit the model folder %s: %s. %s"
            .formatted(library.library(), config.folder(), problem, remedy));
  }
}
