package org.mlcengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.errors.ModelLoadException;

class WeightChecksumsTest {
  @TempDir Path path;
  @TempDir Path home;
  private ModelFolder folder;

  @BeforeEach
  void writeFolder() {
    folder = new ModelFolder(path);
  }

  @Test
  void readsEachShardOnceAndRemembersIt() {
    Set<Long> done = new ConcurrentSkipListSet<>();
    WeightIndex index = folder.readIndex();
    Path stamps = home.resolve("checked");

    assertThat(
            WeightChecksums.verify(
                index,
                stamps,
                (bytes, total) -> {
                  assertThat(total).isEqualTo(2560);
                  done.add(bytes);
                }))
        .isTrue();
    assertThat(done).hasSize(2).contains(2560L);
    assertThat(WeightChecksums.verify(index, stamps, (bytes, total) -> done.add(-1L))).isFalse();
    assertThat(done).doesNotContain(-1L);
    assertThat(WeightChecksums.verify(index, null, (bytes, total) -> {})).isTrue();
  }

  @Test
  void namesTheDamagedShardWithBothChecksums() throws IOException {
    byte[] bytes = Files.readAllBytes(path.resolve("params_shard_1.bin"));
    bytes[300] ^= 1;
    folder.write("params_shard_1.bin", bytes);
    WeightIndex index = folder.readIndex();

    assertThatThrownBy(() -> WeightChecksums.verify(index, home, (done, total) -> {}))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContainingAll(
            "params_shard_1.bin",
            index.shards().get(1).md5().orElseThrow(),
            "download or convert the model again");
    assertThat(home).isEmptyDirectory();
  }

  @Test
  void aChangedFileIsReadAgain() throws IOException {
    WeightIndex index = folder.readIndex();
    assertThat(WeightChecksums.verify(index, home, (done, total) -> {})).isTrue();
    Path shard = path.resolve("params_shard_0.bin");
    FileTime time = Files.getLastModifiedTime(shard);

    byte[] bytes = Files.readAllBytes(shard);
    bytes[0] ^= 1;
    Files.write(shard, bytes);
    Files.setLastModifiedTime(shard, FileTime.fromMillis(time.toMillis() + 1000));

    assertThatThrownBy(() -> WeightChecksums.verify(index, home, (done, total) -> {}))
        .isInstanceOf(ModelLoadException.class);
  }

  @Test
  void aChangedChecksumIsNoticed() {
    assertThat(WeightChecksums.verify(folder.readIndex(), home, (done, total) -> {})).isTrue();
    folder.shard(0).put("md5sum", "0".repeat(32));
    WeightIndex changed = folder.readIndex();

    assertThatThrownBy(() -> WeightChecksums.verify(changed, home, (done, total) -> {}))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("0".repeat(32));
  }

  @Test
  void shardsWithoutChecksumPass() {
    folder.shard(0).remove("md5sum");
    folder.write("params_shard_0.bin", new byte[2048]);
    assertThat(WeightChecksums.verify(folder.readIndex(), home, (done, total) -> {})).isTrue();
  }

  @Test
  void aStampFolderThatCannotBeWrittenOnlyCostsTime() throws IOException {
    Path blocked = Files.writeString(home.resolve("file"), "").resolve("checked");
    WeightIndex index = folder.readIndex();

    assertThat(WeightChecksums.verify(index, blocked, (done, total) -> {})).isTrue();
    assertThat(WeightChecksums.verify(index, blocked, (done, total) -> {})).isTrue();
  }
}
