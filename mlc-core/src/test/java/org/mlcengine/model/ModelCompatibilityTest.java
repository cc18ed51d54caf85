package org.mlcengine.model;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.errors.ModelLibraryMismatchException;

class ModelCompatibilityTest {
  @TempDir Path path;
  private ModelFolder folder;
  private OptionalInt kernels = OptionalInt.of(1);

  @BeforeEach
  void writeFolder() {
    folder = new ModelFolder(path);
  }

  @Test
  void acceptsWhatBelongsTogether() {
    assertThatCode(() -> check(ModelFolder.V3)).doesNotThrowAnyException();
    assertThatCode(() -> check(new HostCpu("x86-64-v4", Set.of()))).doesNotThrowAnyException();
  }

  @Test
  void acceptsLibrariesThatDoNotNameTheirTarget() {
    folder.metadata.remove("target");
    assertThatCode(() -> check(new HostCpu("aarch64", Set.of()))).doesNotThrowAnyException();
  }

  @Test
  void acceptsWeightsThatTheLibraryDoesNotTake() {
    ((ArrayNode) folder.metadata.get("params")).remove(2);
    assertThatCode(() -> check(ModelFolder.V3)).doesNotThrowAnyException();
  }

  @Test
  void namesAnotherModelType() {
    folder.metadata.put("model_type", "qwen2");
    assertRefused("model_type is llama in the folder, qwen2 in the library");
  }

  @Test
  void namesAnotherQuantization() {
    folder.metadata.put("quantization", "q4f16_1");
    assertRefused("quantization is q4f32_1 in the folder, q4f16_1 in the library");
  }

  @Test
  void namesAKvStateThatIsNotSupported() {
    folder.metadata.put("kv_state_kind", "rnn_state");
    assertMessage(ModelFolder.V3, "kv_state_kind is rnn_state; this engine runs models with");
  }

  @Test
  void namesAMissingShapeOfTheCache() {
    folder.metadata.remove("kv_cache");
    assertMessage(ModelFolder.V3, "kv_state_kind is kv_cache without the cache's shape");
  }

  @Test
  void namesASlidingWindow() {
    folder.config.put("sliding_window_size", 4096);
    assertMessage(ModelFolder.V3, "sliding_window_size is 4096 in the folder, -1 in the library");
    folder.config.put("sliding_window_size", -1);
    folder.metadata.put("sliding_window_size", 1024);
    assertMessage(ModelFolder.V3, "sliding_window_size is -1 in the folder, 1024 in the library");
  }

  @Test
  void namesATaskThatIsNotSupported() {
    folder.config.put("model_task", "translation");
    assertMessage(ModelFolder.V3, "model_task is translation", "Choose such a model");
  }

  @Test
  void acceptsAnEncoderWithoutState() {
    makeEncoder();
    assertThatCode(() -> check(ModelFolder.V3)).doesNotThrowAnyException();
  }

  @Test
  void namesAnEncoderThatKeepsState() {
    makeEncoder();
    folder.metadata.put("kv_state_kind", "kv_cache");
    assertMessage(ModelFolder.V3, "kv_state_kind is kv_cache", "encoders, which keep no state");
  }

  private void makeEncoder() {
    folder.config.put("model_task", "embedding");
    folder
        .config
        .putObject("embedding_metadata")
        .put("model_type", "encoder")
        .put("pooling_strategy", "mean")
        .put("normalize", true);
    folder.metadata.put("kv_state_kind", "none").remove("kv_cache");
  }

  @Test
  void namesTheFirstDifferencesAndCountsAll() {
    ArrayNode params = (ArrayNode) folder.metadata.get("params");
    ((ObjectNode) params.get(0)).put("dtype", "int32");
    ((ObjectNode) params.get(1)).putArray("shape").add(64).add(4);
    ((ObjectNode) params.get(2)).put("name", "model.norm.bias");
    params.addObject().put("name", "lm_head").put("dtype", "int8").putArray("shape");

    assertRefused(
        "4 of the library's 4 parameters differ from the folder's 3",
        "model.embed_tokens.q_weight is uint32 [64, 8] in the folder, int32 [64, 8] in the library",
        "model.embed_tokens.q_scale is float32 [64, 2] in the folder, float32 [64, 4] in the",
        "model.norm.bias is missing; ...");
  }

  @Test
  void namesAnotherVocabulary() {
    folder.config.put("vocab_size", 63);
    assertRefused("2 of the library's 3", "[64, 8] in the folder, uint32 [63, 8] in the library");
  }

  @Test
  void namesTheLevelThatTheProcessorLacks() {
    ((ObjectNode) folder.metadata.get("target")).put("level", "x86-64-v4");
    assertMessage(
        ModelFolder.V3,
        "compiled for x86-64-v4 (needs avx512bw, avx512cd, avx512dq, avx512f, avx512vl)",
        "this processor offers x86-64-v3",
        "mlc compile \"" + path + "\" --target x86-64-v3");
  }

  @Test
  void namesAnotherArchitecture() {
    assertMessage(
        new HostCpu("aarch64", Set.of("neon")),
        "compiled for x86-64-v3",
        "this processor offers aarch64",
        "--target aarch64");
  }

  @Test
  void namesTheFeaturesThatTheProcessorLacks() {
    ArrayNode features = ((ObjectNode) folder.metadata.get("target")).putArray("features");
    features.add("+avx2").add("avx512vnni").add("-sse4.2").add("amx-int8");
    assertMessage(ModelFolder.V3, "it needs avx512vnni, amx-int8, which this processor lacks");
    assertThatCode(() -> check(new HostCpu("x86-64-v4", Set.of("avx2", "avx512_vnni", "amx_int8"))))
        .doesNotThrowAnyException();
  }

  @Test
  void aLevelImpliesItsFeaturesWhateverTheKernelCallsThem() {
    ArrayNode features = ((ObjectNode) folder.metadata.get("target")).putArray("features");
    features.add("sse3").add("lzcnt").add("bmi").add("cx16");
    HostCpu kernelNames = new HostCpu("x86-64-v3", Set.of("pni", "abm", "bmi1"));
    assertThatCode(() -> check(kernelNames)).doesNotThrowAnyException();
    features.add("avx512f");
    assertMessage(kernelNames, "it needs avx512f, which");
  }

  @Test
  void namesTheVersionOfTheKernelsThatTheNativesLack() {
    ObjectNode needed = (ObjectNode) folder.metadata.get("kernels");
    needed.put("version", 2);
    assertRefused("calls version 2 of the natives' kernels", "have version 1");
    kernels = OptionalInt.empty();
    assertRefused("calls version 2 of the natives' kernels", "have none", "--kernels tir");
    needed.put("name", "tir").remove("version");
    assertThatCode(() -> check(ModelFolder.V3)).doesNotThrowAnyException();
  }

  @Test
  void namesAnotherKindOfTarget() {
    ((ObjectNode) folder.metadata.get("target")).put("kind", "cuda");
    assertMessage(ModelFolder.V3, "compiled for the target cuda", "--target x86-64-v3");
  }

  private void check(HostCpu host) {
    ModelCompatibility.check(
        folder.readConfig(), folder.readIndex(), folder.readMetadata(), host, kernels);
  }

  private void assertRefused(String... parts) {
    assertMessage(ModelFolder.V3, parts);
    assertMessage(ModelFolder.V3, "mlc compile \"" + path + "\"");
  }

  private void assertMessage(HostCpu host, String... parts) {
    assertThatThrownBy(() -> check(host))
        .isInstanceOf(ModelLibraryMismatchException.class)
        .hasMessageContainingAll("lib.so does not fit the model folder " + path)
        .hasMessageContainingAll(parts);
  }
}
