package org.mlcengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mlcengine.errors.ModelLibraryMismatchException;

class LibraryMetadataTest {
  @TempDir Path path;
  private ModelFolder folder;

  @BeforeEach
  void writeFolder() {
    folder = new ModelFolder(path);
  }

  @Test
  void readsEveryFact() {
    LibraryMetadata metadata = folder.readMetadata();

    assertThat(metadata.modelType()).isEqualTo("llama");
    assertThat(metadata.contextWindowSize()).isEqualTo(2048);
    assertThat(metadata.slidingWindowSize()).isEqualTo(-1);
    assertThat(metadata.prefillChunkSize()).isEqualTo(512);
    assertThat(metadata.maxBatchSize()).isEqualTo(8);
    assertThat(metadata.activeVocabSize()).hasValue(60);
    assertThat(metadata.kvStateKind()).isEqualTo(KvStateKind.KV_CACHE);
    assertThat(metadata.kvCache()).hasValue(new KvCacheShape(2, 4, 2, 16, DataType.FLOAT32));
    assertThat(metadata.memoryUsage()).containsEntry("batch_prefill", 1048576L).hasSize(3);
    assertThat(metadata.parameters().get(1))
        .isEqualTo(
            new LibraryParameter("model.embed_tokens.q_scale", List.of(64L, 2L), DataType.FLOAT32));
    assertThat(metadata.parameterBytes()).isEqualTo(64 * 8 * 4 + 64 * 2 * 4 + 64 * 4);
    assertThat(metadata.target())
        .hasValue(
            new LibraryTarget(
                "llvm",
                Optional.of("x86_64-unknown-linux-gnu"),
                Optional.of("x86-64-v3"),
                Optional.of("x86-64-v3"),
                List.of("+avx2", "sse4.2")));
    assertThat(metadata.kernels()).hasValue(new LibraryKernels("native", 1));
    assertThat(metadata.compiler()).hasValue("test");
  }

  @Test
  void readsALibraryWithoutTheOptionalFacts() {
    folder.metadata.remove(
        List.of(
            "target",
            "kernels",
            "compiler",
            "kv_cache",
            "memory_usage",
            "kv_state_kind",
            "active_vocab_size",
            "sliding_window_size"));
    folder.metadata.put("sliding_window", 4096);

    LibraryMetadata metadata = folder.readMetadata();

    assertThat(metadata.target()).isEmpty();
    assertThat(metadata.kernels()).isEmpty();
    assertThat(metadata.kvCache()).isEmpty();
    assertThat(metadata.memoryUsage()).isEmpty();
    assertThat(metadata.slidingWindowSize()).isEqualTo(4096);
  }

  @ParameterizedTest
  @CsvSource({
    "q4f16_1, FLOAT16",
    "q0f16, FLOAT16",
    "q4f32_1, FLOAT32",
    "q0f32, FLOAT32",
    "q4bf16_1, BFLOAT16",
    "fp8_e4m3fn_bf16_block_scale, BFLOAT16",
    "gguf, FLOAT32"
  })
  void theQuantizationNamesTheTypeOfTheCache(String quantization, DataType expected) {
    folder.metadata.put("quantization", quantization);
    assertThat(folder.readMetadata().kvCache().orElseThrow().dtype()).isEqualTo(expected);
  }

  @Test
  void theLibraryMayNameTheTypeOfTheCache() {
    ((ObjectNode) folder.metadata.get("kv_cache")).put("dtype", "float16");
    assertThat(folder.readMetadata().kvCache().orElseThrow().dtype()).isEqualTo(DataType.FLOAT16);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "kv_state_kind          | \"paper\" | one of kv_cache, rnn_state, hybrid, none",
        "tensor_parallel_shards | 2      | 1, for models cut for several devices",
        "max_batch_size         | 0      | an integer from 1 to",
        "params                 | null   | an array",
        "params | [{\"name\":\"a\",\"shape\":[\"size\"],\"dtype\":\"int8\"}] | a number, or a size",
        "params | [{\"name\":\"a\",\"shape\":[-1],\"dtype\":\"int8\"}] | an integer from 1",
        "params | [{\"name\":\"a\",\"shape\":[70368744177664],\"dtype\":\"int32\"}] | at most",
        "params | [{\"name\":\"a\",\"shape\":[],\"dtype\":\"int8\"},{\"name\":\"a\",\"shape\":[],"
            + "\"dtype\":\"int8\"}] | a name that occurs once",
        "kernels | {\"name\": \"cuda\"} | \"native\" or \"tir\"",
        "kernels | {\"name\": \"native\"} | an integer from 1",
        "memory_usage           | {\"f\": -1} | an integer from 0 to",
        "kv_cache | {\"num_hidden_layers\":4096,\"num_attention_heads\":1,"
            + "\"num_key_value_heads\":4096,\"head_dim\":4096} | pages of at most",
      })
  void refusesAField(String field, String json, String expected) throws IOException {
    folder.metadata.set(field, ModelFolder.JSON.readTree(json));
    assertThatThrownBy(folder::readMetadata)
        .isInstanceOf(ModelLibraryMismatchException.class)
        .hasMessageContainingAll("lib.so", "'" + field, expected, "mlc compile \"" + path);
  }
}
