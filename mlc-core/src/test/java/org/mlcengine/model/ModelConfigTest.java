package org.mlcengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mlcengine.errors.ModelLoadException;

class ModelConfigTest {
  @TempDir Path path;
  private ModelFolder folder;

  @BeforeEach
  void writeFolder() {
    folder = new ModelFolder(path);
  }

  @Test
  void readsTodaysForm() {
    ModelConfig config = folder.readConfig();

    assertThat(config.modelType()).isEqualTo("llama");
    assertThat(config.quantization()).isEqualTo("q4f32_1");
    assertThat(config.vocabSize()).isEqualTo(64);
    assertThat(config.activeVocabSize()).hasValue(60);
    assertThat(config.contextWindowSize()).isEqualTo(2048);
    assertThat(config.slidingWindowSize()).isEqualTo(-1);
    assertThat(config.hasSlidingWindow()).isFalse();
    assertThat(config.attentionSinkSize()).isZero();
    assertThat(config.prefillChunkSize()).isEqualTo(512);
    assertThat(config.samplingDefaults()).isEqualTo(new SamplingDefaults(0.6, 0.9, 0, 0, 1.1));
    assertThat(config.convTemplate().get("name").textValue()).isEqualTo("chatml");
    assertThat(config.tokenizerFiles()).containsExactly("tokenizer.json", "tokenizer_config.json");
    assertThat(config.tokenizerInfo().orElseThrow().get("token_postproc_method").textValue())
        .isEqualTo("byte_level");
    assertThat(config.bosTokenId()).hasValue(1);
    assertThat(config.eosTokenIds()).containsExactly(2, 5);
    assertThat(config.dimension("hidden_size")).hasValue(64);
    assertThat(config.dimension("rms_norm_eps")).isEmpty();
  }

  @Test
  void readsTheFormOf2023() {
    for (String field :
        new String[] {
          "tokenizer_info",
          "sliding_window_size",
          "attention_sink_size",
          "model_task",
          "context_window_size",
          "pipeline_parallel_stages",
          "active_vocab_size"
        }) {
      folder.config.remove(field);
    }
    folder.config.put("conv_template", "redpajama_chat").put("mean_gen_len", 128);
    folder.config.put("max_gen_len", 512).put("shift_fill_factor", 0.3).put("eos_token_id", 0);
    folder.config.put("max_window_size", 4096).put("token_table_postproc_method", "byte_fallback");

    ModelConfig config = folder.readConfig();

    assertThat(config.convTemplate().textValue()).isEqualTo("redpajama_chat");
    assertThat(config.contextWindowSize()).isEqualTo(4096);
    assertThat(config.activeVocabSize()).isEmpty();
    assertThat(config.modelTask()).isEqualTo("chat");
    assertThat(config.eosTokenIds()).containsExactly(0);
    assertThat(config.tokenizerInfo().orElseThrow().toString())
        .isEqualTo("{\"token_postproc_method\":\"byte_fallback\"}");
  }

  @Test
  void missingTokenizerInfoDiffersFromAnEmptyOne() {
    folder.config.putObject("tokenizer_info");
    assertThat(folder.readConfig().tokenizerInfo()).isPresent();
    folder.config.remove("tokenizer_info");
    assertThat(folder.readConfig().tokenizerInfo()).isEmpty();
  }

  @Test
  void readsSlidingWindowWithoutContextWindow() {
    folder.config.put("context_window_size", -1).put("sliding_window_size", 4096);
    folder.config.put("attention_sink_size", 4);

    ModelConfig config = folder.readConfig();

    assertThat(config.contextWindowSize()).isEqualTo(ModelConfig.UNBOUNDED);
    assertThat(config.hasSlidingWindow()).isTrue();
    assertThat(config.attentionSinkSize()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "model_type             | null  | a non-empty string          | null",
        "model_type             | 7     | a non-empty string          | 7",
        "quantization           | \"\"  | a non-empty string          | \"\"",
        "vocab_size             | -1    | an integer from 1 to 16777216 | -1",
        "vocab_size             | 1e9   | an integer from 1 to 16777216 | 1.0E9",
        "vocab_size             | 99999999999999999999 | an integer from 1 | 99999999999999999999",
        "context_window_size    | 0     | -1 or a positive integer    | 0",
        "context_window_size    | \"big\" | an integer from -1 to     | \"big\"",
        "prefill_chunk_size     | 0     | an integer from 1 to        | 0",
        "tensor_parallel_shards | 2     | 1, for models cut           | 2",
        "pipeline_parallel_stages | 4   | 1, for models cut           | 4",
        "temperature            | -0.5  | a number from 0.0 to 100.0  | -0.5",
        "temperature            | \"hot\" | a number from 0.0 to 100.0 | \"hot\"",
        "top_p                  | true  | a number from 0.0 to 1.0    | true",
        "model_config           | []    | an object                   | an array of 0",
        "conv_template          | 3     | an object, or a template    | 3",
        "tokenizer_files        | {}    | an array                    | an object",
        "eos_token_id           | [[]]  | an integer from -1          | an array of 0",
      })
  void refusesAField(String field, String json, String expected, String found) throws Exception {
    folder.config.set(field, ModelFolder.JSON.readTree(json));

    assertRefused("mlc-chat-config.json", "'" + field, "expected " + expected, "found " + found);
  }

  @Test
  void readsHowAnEncodersHiddenStatesBecomeAVector() {
    assertThat(folder.readConfig().makesEmbeddings()).isFalse();
    encoder().put("pooling_strategy", "cls").put("normalize", true);
    ModelConfig config = folder.readConfig();
    assertThat(config.makesEmbeddings()).isTrue();
    assertThat(config.embedding())
        .hasValue(new EmbeddingMetadata(EmbeddingMetadata.Pooling.CLS, true));
    encoder().put("pooling_strategy", "mean");
    assertThat(folder.readConfig().embedding())
        .hasValue(new EmbeddingMetadata(EmbeddingMetadata.Pooling.MEAN, false));
  }

  @Test
  void refusesEmbeddingsThatItCannotMake() {
    encoder().put("pooling_strategy", "max");
    assertRefused("'embedding_metadata.pooling_strategy'", "\"mean\"", "found \"max\"");
    encoder().put("model_type", "decoder").put("pooling_strategy", "last");
    assertRefused("'embedding_metadata.model_type'", "with encoders", "found \"decoder\"");
    folder.config.putNull("embedding_metadata");
    assertRefused("'embedding_metadata'", "expected an object");
  }

  private ObjectNode encoder() {
    folder.config.put("model_task", "embedding");
    return folder.config.putObject("embedding_metadata").put("model_type", "encoder");
  }

  @Test
  void namesAMissingFieldByName() {
    folder.config.remove("prefill_chunk_size");
    assertRefused("'prefill_chunk_size'", "found nothing", "Download or convert the model again.");
  }

  @Test
  void namesALongValueInShort() {
    folder.config.put("vocab_size", "x".repeat(100_000));
    assertRefused("found \"xxx", "...");
  }

  @Test
  void namesInvalidUtf8ByItsOffset() {
    byte[] bytes = "{\"model_type\": \"é?\"}".getBytes(StandardCharsets.UTF_8);
    bytes[18] = (byte) 0xff;
    assertFileRefused(bytes, "expected UTF-8", "0xff", "byte offset 18");
  }

  @Test
  void namesTruncatedUtf8ByItsOffset() {
    assertFileRefused(new byte[] {'{', '"', (byte) 0xe2, (byte) 0x82}, "0xe2", "byte offset 2");
  }

  @Test
  void namesMalformedJsonByLineAndColumn() {
    assertFileRefused("{\n  \"a\": 1,\n  \"b\" 2}", "malformed JSON at line 3, column 7");
  }

  @Test
  void refusesDuplicateKeys() {
    assertFileRefused("{\"model_type\": \"a\",\n\"model_type\": \"b\"}", "line 2", "model_type");
  }

  @Test
  void refusesDeepNesting() {
    assertFileRefused("{\"a\":" + "[".repeat(100_000), "malformed JSON", "depth");
  }

  @Test
  void refusesTextAfterTheEnd() {
    assertFileRefused("{} {}", "malformed JSON");
  }

  @Test
  void refusesWhatIsNoObject() {
    assertFileRefused("[1]", "expected a JSON object, found an array of 1");
    assertFileRefused("", "expected a JSON object, found nothing");
  }

  @Test
  void refusesAHugeFile() {
    assertFileRefused(
        " ".repeat((16 << 20) + 1), "expected at most 16777216 bytes, found 16777217");
  }

  @Test
  void namesAMissingFile() {
    assertThat(path.resolve("mlc-chat-config.json").toFile().delete()).isTrue();
    assertThatThrownBy(() -> ModelConfig.read(path))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("mlc-chat-config.json: the file is missing. Download or convert");
  }

  @Test
  void namesAMissingFolder() {
    assertThatThrownBy(() -> ModelConfig.read(path.resolve("none")))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("none: expected a model folder")
        .hasMessageContaining("found nothing");
  }

  private void assertRefused(String... parts) {
    assertThatThrownBy(folder::readConfig)
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContainingAll(parts);
  }

  private void assertFileRefused(String content, String... parts) {
    assertFileRefused(content.getBytes(StandardCharsets.UTF_8), parts);
  }

  private void assertFileRefused(byte[] content, String... parts) {
    folder.write("mlc-chat-config.json", content);
    assertThatThrownBy(() -> ModelConfig.read(path))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("mlc-chat-config.json: ")
        .hasMessageContainingAll(parts);
  }
}
