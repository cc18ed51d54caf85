package org.mlcengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.ModelLoadException;

class WeightIndexTest {
  @TempDir Path path;
  private ModelFolder folder;

  @BeforeEach
  void writeFolder() {
    folder = new ModelFolder(path);
  }

  @Test
  void readsTensorsWithTheirPlaces() {
    WeightIndex index = folder.readIndex();

    assertThat(index.shards()).hasSize(2);
    assertThat(index.totalBytes()).isEqualTo(2048 + 256 + 256);
    assertThat(index.tensors().keySet())
        .containsExactly(
            "model.embed_tokens.q_weight", "model.embed_tokens.q_scale", "model.norm.weight");
    assertThat(index.tensors().get("model.norm.weight"))
        .isEqualTo(
            new WeightTensor(
                "model.norm.weight",
                List.of(64L),
                DataType.FLOAT32,
                DataType.FLOAT32,
                path.resolve("params_shard_1.bin"),
                256,
                256));
  }

  @Test
  void onlyFloat32IsStoredAsBfloat16() {
    WeightIndex index = folder.readIndex();

    assertThat(index.tensors().get("model.embed_tokens.q_scale"))
        .extracting(WeightTensor::dtype, WeightTensor::storedDtype)
        .containsExactly(DataType.FLOAT32, DataType.BFLOAT16);
    assertThat(index.tensors().get("model.embed_tokens.q_weight"))
        .extracting(WeightTensor::dtype, WeightTensor::storedDtype)
        .containsExactly(DataType.UINT32, DataType.UINT32);
  }

  @Test
  void readsTheOlderName() throws IOException {
    folder.save();
    Files.move(path.resolve("tensor-cache.json"), path.resolve("ndarray-cache.json"));

    assertThat(WeightIndex.read(path).file().getFileName()).hasToString("ndarray-cache.json");
  }

  @Test
  void prefersTodaysName() {
    folder.write("ndarray-cache.json", new byte[] {'!'});
    assertThat(folder.readIndex().file().getFileName()).hasToString("tensor-cache.json");
  }

  @Test
  void namesBothFilesWhenNeitherIsThere() throws IOException {
    Files.delete(path.resolve("tensor-cache.json"));
    assertThatThrownBy(() -> WeightIndex.read(path))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContainingAll("tensor-cache.json or ndarray-cache.json", "convert the model");
  }

  @Test
  void namesAMissingShard() throws IOException {
    Files.delete(path.resolve("params_shard_1.bin"));
    assertRefused("params_shard_1.bin is missing", "Download or convert the model again.");
  }

  @Test
  void namesATruncatedShardWithBothSizes() {
    folder.write("params_shard_0.bin", new byte[2047]);
    assertRefused("params_shard_0.bin", "2048 bytes, found 2047 bytes");
  }

  @Test
  void refusesAFolderInPlaceOfAShard() throws IOException {
    Files.createDirectory(path.resolve("folder.bin"));
    folder.shard(0).put("dataPath", "folder.bin");
    assertRefused("folder.bin to be a file");
  }

  @Test
  void acceptsAShardBehindASymbolicLink(@TempDir Path blobs) throws IOException {
    Path blob = Files.move(path.resolve("params_shard_0.bin"), blobs.resolve("blob"));
    Files.createSymbolicLink(path.resolve("params_shard_0.bin"), blob);
    assertThat(folder.readIndex().shards()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../params_shard_0.bin",
        "/etc/passwd",
        "a/../../b",
        "./params_shard_0.bin",
        "a//b",
        "a\\b",
        "C:params",
        "a\u0000b",
        "params_shard_0.bin/"
      })
  void refusesAPathOutOfTheFolder(String dataPath) {
    folder.shard(0).put("dataPath", dataPath);
    assertRefused("'records[0].dataPath'", "a relative path inside the model folder");
  }

  @Test
  void refusesAShardThatIsListedTwice() {
    folder.index.withArray("records").add(folder.shard(0).deepCopy());
    assertRefused("'records[2].dataPath'", "a file that is listed once");
  }

  @Test
  void refusesANameThatOccursTwice() {
    folder.record(1, 1).put("name", "model.embed_tokens.q_scale");
    assertRefused("'records[1].records[1].name'", "once", "\"model.embed_tokens.q_scale\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "byteOffset | 257  | 256 bytes from there to end within the shard's 512, found 257",
        "byteOffset | -1   | an integer from 0 to",
        "byteOffset | 9223372036854775807 | an integer from 0 to",
        "nbytes     | 128  | 256 bytes for the shape [64] of float32, found 128",
        "nbytes     | null | an integer from 0 to 70368744177664, found null",
        "shape      | [65] | 260 bytes for the shape [65] of float32, found 256",
        "shape      | [0]  | an integer from 1 to",
        "shape      | [70368744177664, 70368744177664] | too large",
        "shape      | [1,1,1,1,1,1,1,1,64] | at most 8 dimensions",
        "shape      | 64   | an array, found 64",
        "dtype      | \"float33\" | one of int8, uint8",
        "format     | \"zip\" | \"raw\" or \"f32-to-bf16\", found \"zip\"",
        "format     | \"f32-to-bf16\" | 128 bytes for the shape [64] of bfloat16, found 256",
        "name       | \"\" | a non-empty string",
      })
  void refusesARecord(String field, String json, String expected) throws IOException {
    ObjectNode record = folder.record(1, 1);
    record.set(field, ModelFolder.JSON.readTree(json));
    assertRefused("tensor-cache.json", "records[1].records[1].", expected);
  }

  @Test
  void refusesAnotherShardFormat() {
    folder.shard(1).put("format", "tar");
    assertRefused("'records[1].format'", "\"raw-shard\"");
  }

  @Test
  void refusesAMalformedChecksum() {
    folder.shard(1).put("md5sum", "abc");
    assertRefused("'records[1].md5sum'", "32 hexadecimal digits, found \"abc\"");
  }

  private void assertRefused(String... parts) {
    assertThatThrownBy(folder::readIndex)
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContainingAll(parts);
  }
}
