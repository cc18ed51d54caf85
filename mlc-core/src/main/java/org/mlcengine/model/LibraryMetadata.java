package org.mlcengine.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.mlcengine.errors.ModelLibraryMismatchException;

/**
 * What a model library says of itself: the JSON that its function {@code _metadata} returns.
 * Unknown fields are ignored.
 *
 * @param library the library's path
 * @param modelType the architecture
 * @param quantization the form of the weights that it takes
 * @param contextWindowSize the context that it was compiled for; {@link ModelConfig#UNBOUNDED} when
 *     nothing limits it
 * @param slidingWindowSize the sliding window; -1 without one
 * @param prefillChunkSize tokens per prefill call at most
 * @param maxBatchSize sequences at once at most
 * @param activeVocabSize entries of a logits row that stand for a token, when it says so
 * @param kvStateKind what it keeps between calls
 * @param kvCache the KV cache's shape; empty without attention
 * @param memoryUsage planned temporary bytes per function
 * @param parameters the parameters, in the order in which its functions take them
 * @param target what it was compiled for; empty for libraries of MLC's own compiler
 * @param kernels what does its work; empty when it does not say
 * @param compiler what compiled it; empty when it does not say
 */
public record LibraryMetadata(
    Path library,
    String modelType,
    String quantization,
    int contextWindowSize,
    int slidingWindowSize,
    int prefillChunkSize,
    int maxBatchSize,
    OptionalInt activeVocabSize,
    KvStateKind kvStateKind,
    Optional<KvCacheShape> kvCache,
    Map<String, Long> memoryUsage,
    List<LibraryParameter> parameters,
    Optional<LibraryTarget> target,
    Optional<LibraryKernels> kernels,
    Optional<String> compiler) {
  private static final long MAX_LENGTH = 1L << 46;

  /**
   * Parses a library's metadata.
   *
   * @param library the library's path, for messages
   * @param json what {@code _metadata} returned
   * @param config the model folder that gives the dimensions which the library only names
   * @throws ModelLibraryMismatchException if the text is not the metadata of a library that can run
   *     here, or names a dimension that the folder lacks
   */
  public static LibraryMetadata parse(Path library, String json, ModelConfig config) {
    JsonSource source =
        new JsonSource(
            "metadata of the model library " + library,
            "Compile the library again: " + CompileCommand.of(config.folder()),
            (message, cause) -> new ModelLibraryMismatchException(message, cause));
    JsonObject object = source.parse(json);
    ModelConfig.requireOne(object, "tensor_parallel_shards");
    ModelConfig.requireOne(object, "pipeline_parallel_stages");
    String quantization = object.string("quantization");
    return new LibraryMetadata(
        library,
        object.string("model_type"),
        quantization,
        object.integer("context_window_size", ModelConfig.UNBOUNDED, -1, ModelConfig.MAX_TOKENS),
        object.integer(
            object.has("sliding_window_size") ? "sliding_window_size" : "sliding_window",
            -1,
            -1,
            ModelConfig.MAX_TOKENS),
        object.integer("prefill_chunk_size", 1, ModelConfig.MAX_TOKENS),
        object.integer("max_batch_size", 1, 1, 1 << 20),
        object.optionalInteger("active_vocab_size", 1, ModelConfig.MAX_VOCAB),
        KvStateKind.read(object, "kv_state_kind"),
        object.optionalObject("kv_cache").map(kv -> KvCacheShape.read(kv, quantization)),
        memoryUsage(object),
        parameters(object, config),
        object.optionalObject("target").map(LibraryTarget::read),
        object.optionalObject("kernels").map(LibraryKernels::read),
        object.optionalString("compiler"));
  }

  /** Returns the bytes of all parameters in memory. */
  public long parameterBytes() {
    return parameters.stream().mapToLong(p -> p.dtype().bytes(p.shape())).sum();
  }

  private static Map<String, Long> memoryUsage(JsonObject object) {
    Map<String, Long> usage = new LinkedHashMap<>();
    object
        .optionalObject("memory_usage")
        .ifPresent(
            functions ->
                functions
                    .node()
                    .fieldNames()
                    .forEachRemaining(
                        name -> usage.put(name, functions.number(name, 0, MAX_LENGTH))));
    return Collections.unmodifiableMap(usage);
  }

  private static List<LibraryParameter> parameters(JsonObject object, ModelConfig config) {
    List<LibraryParameter> parameters = new ArrayList<>();
    Set<String> names = new HashSet<>();
    long total = 0;
    for (JsonObject entry : object.objects("params")) {
      LibraryParameter parameter = parameter(entry, config);
      if (!names.add(parameter.name())) {
        throw entry.invalid("name", "a name that occurs once");
      }
      total += parameter.dtype().bytes(parameter.shape());
      if (total > MAX_LENGTH) {
        throw entry.invalid("shape", "at most %d bytes in all".formatted(MAX_LENGTH));
      }
      parameters.add(parameter);
    }
    return List.copyOf(parameters);
  }

  private static LibraryParameter parameter(JsonObject object, ModelConfig config) {
    List<Long> shape =
        object.list("shape", (field, value) -> dimension(object, field, value, config));
    DataType dtype = DataType.read(object, "dtype");
    try {
      if (dtype.bytes(shape) <= MAX_LENGTH) {
        return new LibraryParameter(object.string("name"), shape, dtype);
      }
    } catch (ArithmeticException e) {
      throw object.source().error("field '%sshape': too large".formatted(object.path()), e);
    }
    throw object.invalid("shape", "at most %d bytes".formatted(MAX_LENGTH));
  }

  private static long dimension(
      JsonObject object, String field, JsonNode value, ModelConfig config) {
    if (!value.isTextual()) {
      return object.integer(field, value, 1, MAX_LENGTH);
    }
    return config
        .dimension(value.textValue())
        .orElseThrow(
            () ->
                object.invalid(
                    field, value, "a number, or a size that " + ModelConfig.FILE_NAME + " gives"));
  }
}
