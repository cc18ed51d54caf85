package org.mlcengine.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.mlcengine.errors.ModelLoadException;

/**
 * A model folder's {@code mlc-chat-config.json}, in today's form or that of 2023.
 *
 * @param folder the model folder
 * @param modelType the architecture, for instance {@code llama}
 * @param quantization the weights' form, for instance {@code q4f16_1}
 * @param vocabSize entries of a logits row
 * @param activeVocabSize entries that stand for a token, when the folder says so
 * @param contextWindowSize tokens that a sequence may have; {@link #UNBOUNDED} when nothing limits
 *     them
 * @param slidingWindowSize tokens that attention looks back; -1 without a sliding window
 * @param attentionSinkSize tokens that a sliding window keeps from the start; 0 without one
 * @param prefillChunkSize tokens per prefill call at most
 * @param modelTask {@code chat} or {@code embedding}
 * @param embedding how hidden states become a vector; empty for other tasks
 * @param samplingDefaults what requests get that set nothing
 * @param convTemplate the conversation template: an object, a string that names one, or null where
 *     the config has none
 * @param tokenizerFiles the tokenizer's files as the folder lists them; often empty
 * @param tokenizerInfo how to post-process tokens; empty when that must be found out from the
 *     tokenizer's files
 * @param bosTokenId the beginning-of-sequence id; bookkeeping, the template decides
 * @param eosTokenIds the end-of-sequence ids; bookkeeping, the template decides
 * @param modelConfig the architecture's own settings, as the library was compiled with
 */
public record ModelConfig(
    Path folder,
    String modelType,
    String quantization,
    int vocabSize,
    OptionalInt activeVocabSize,
    int contextWindowSize,
    int slidingWindowSize,
    int attentionSinkSize,
    int prefillChunkSize,
    String modelTask,
    Optional<EmbeddingMetadata> embedding,
    SamplingDefaults samplingDefaults,
    JsonNode convTemplate,
    List<String> tokenizerFiles,
    Optional<JsonNode> tokenizerInfo,
    OptionalInt bosTokenId,
    List<Integer> eosTokenIds,
    JsonNode modelConfig) {
  /** The name of the file in the model folder. */
  public static final String FILE_NAME = "mlc-chat-config.json";

  /** The context window of a model that nothing limits. */
  public static final int UNBOUNDED = -1;

  private static final String CHAT = "chat";
  private static final String EMBEDDING = "embedding";

  static final int MAX_TOKENS = 1 << 26;
  static final int MAX_VOCAB = 1 << 24;
  private static final long MAX_BYTES = 16 << 20;

  /** Does what reading the first file of a process takes, and reads none. */
  public static void prepare() {
    JsonSource.prepare();
  }

  /**
   * Reads the file of a model folder.
   *
   * @throws ModelLoadException if the folder or the file is missing, the file is not UTF-8 or not
   *     JSON, a field is missing, of another type or out of range, or the model is cut for several
   *     devices
   */
  public static ModelConfig read(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new ModelLoadException(
          "%s: expected a model folder with %s, found %s. Give the path of a converted model."
              .formatted(folder, FILE_NAME, Files.exists(folder) ? "a file" : "nothing"));
    }
    Path file = folder.resolve(FILE_NAME);
    JsonObject config = JsonSource.file(file).read(file, MAX_BYTES);
    requireOne(config, "tensor_parallel_shards");
    requireOne(config, "pipeline_parallel_stages");
    JsonObject model = config.object("model_config");
    return new ModelConfig(
        folder,
        config.string("model_type"),
        config.string("quantization"),
        (config.has("vocab_size") ? config : model).integer("vocab_size", 1, MAX_VOCAB),
        config.optionalInteger("active_vocab_size", 1, MAX_VOCAB),
        window(
            config, config.has("context_window_size") ? "context_window_size" : "max_window_size"),
        slidingWindow(config),
        Math.max(0, config.integer("attention_sink_size", 0, -1, MAX_TOKENS)),
        config.integer("prefill_chunk_size", 1, MAX_TOKENS),
        config.optionalString("model_task").orElse(CHAT),
        embedding(config),
        SamplingDefaults.read(config),
        convTemplate(config),
        config.strings("tokenizer_files"),
        tokenizerInfo(config),
        config.optionalInteger("bos_token_id", -1, MAX_VOCAB),
        eosTokenIds(config),
        model.node());
  }

  /** Returns whether the model makes vectors of texts, and not text. */
  public boolean makesEmbeddings() {
    return embedding.isPresent();
  }

  /** Returns whether attention looks back over a sliding window. */
  public boolean hasSlidingWindow() {
    return slidingWindowSize > 0;
  }

  /** Returns the value of a dimension that a model library names instead of giving it. */
  OptionalLong dimension(String name) {
    if (name.equals("vocab_size")) {
      return OptionalLong.of(vocabSize);
    }
    JsonNode value = modelConfig.path(name);
    return value.isIntegralNumber() && value.canConvertToLong() && value.longValue() > 0
        ? OptionalLong.of(value.longValue())
        : OptionalLong.empty();
  }

  static void requireOne(JsonObject object, String field) {
    int count = object.integer(field, 1, 1, Integer.MAX_VALUE);
    if (count != 1) {
      throw object.invalid(field, "1, for models cut for several devices cannot run here");
    }
  }

  private static int window(JsonObject object, String field) {
    int size = object.integer(field, -1, MAX_TOKENS);
    if (size == 0) {
      throw object.invalid(field, "-1 or a positive integer");
    }
    return size;
  }

  private static int slidingWindow(JsonObject object) {
    for (String field : List.of("sliding_window_size", "sliding_window")) {
      if (object.has(field)) {
        return window(object, field);
      }
    }
    return -1;
  }

  private static Optional<EmbeddingMetadata> embedding(JsonObject config) {
    return config.optionalString("model_task").filter(EMBEDDING::equals).isPresent()
        ? Optional.of(EmbeddingMetadata.read(config.object("embedding_metadata")))
        : Optional.empty();
  }

  private static JsonNode convTemplate(JsonObject config) {
    JsonNode template = config.node().path("conv_template");
    if (template.isMissingNode() || template.isNull()) {
      return NullNode.getInstance();
    }
    if (!template.isObject() && !template.isTextual()) {
      throw config.invalid("conv_template", "an object, or a template's name");
    }
    return template;
  }

  private static Optional<JsonNode> tokenizerInfo(JsonObject config) {
    if (config.has("tokenizer_info")) {
      return Optional.of(config.object("tokenizer_info").node());
    }
    return config
        .optionalString("token_table_postproc_method")
        .map(
            method -> {
              ObjectNode info = JsonNodeFactory.instance.objectNode();
              return info.put("token_postproc_method", method);
            });
  }

  private static List<Integer> eosTokenIds(JsonObject config) {
    String field = "eos_token_id";
    if (!config.has(field)) {
      return List.of();
    }
    if (config.node().path(field).isArray()) {
      return config.list(field, (name, id) -> (int) config.integer(name, id, -1, MAX_VOCAB));
    }
    return List.of(config.integer(field, -1, MAX_VOCAB));
  }
}
