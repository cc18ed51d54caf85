package org.mlcengine.tokenizer.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.errors.ModelLoadException;

class TableCacheTest {
  private static final String PADDING = " ".repeat(300 << 10);

  @TempDir Path folder;
  private Path file;
  private TableCache cache;

  @BeforeEach
  void writeALargeFile() throws IOException {
    file = folder.resolve("tokenizer.json");
    cache = new TableCache(folder.resolve("cache").resolve("tokenizers"));
    write(SmallTokenizer.resource("small-tokenizer.json") + PADDING);
  }

  @Test
  void aFileThatWasReadBeforeIsReadFromTheCacheAndIsTheSame() throws IOException {
    TokenizerJson first = read();
    assertThat(cache.find(file)).isPresent();
    assertThat(cache.find(file).orElseThrow().rest().strip()).hasSizeLessThan(1_000);
    assertSame(first, read());
  }

  @Test
  void mergesMayStandBeforeTheVocabulary() throws IOException {
    write(
        "{\"model\": {\"merges\": [\"a b\"], \"x\": 1, \"vocab\": {\"b\":1,\"a\":0,\"ab\":7}}}"
            + PADDING);
    TokenizerJson first = read();
    TokenizerJson second = read();
    assertThat(second.model().path("x").asInt()).isEqualTo(1);
    assertThat(second.merges(0).result(second.merges(0).rank(0, 1))).isEqualTo(7);
    assertSame(first, second);
  }

  @Test
  void aFileThatChangedIsReadAnew() throws IOException {
    read();
    FileTime time = Files.getLastModifiedTime(file);
    write("{\"model\": {\"vocab\": {\"a\":0,\"b\":1,\"ab\":2}, \"merges\": [\"a b\"]}}" + PADDING);
    Files.setLastModifiedTime(file, FileTime.fromMillis(time.toMillis() + 2_000));
    assertThat(cache.find(file)).isEmpty();
    assertThat(read().vocabulary().size()).isEqualTo(3);
  }

  @Test
  void aFileThatBecameMalformedIsRefused() throws IOException {
    read();
    write("{\"model\": {\"vocab\": {\"a\":0" + PADDING);
    assertThatThrownBy(this::read).isInstanceOf(ModelLoadException.class);
  }

  @Test
  void aDamagedEntryIsNotUsed() throws IOException {
    TokenizerJson first = read();
    Path entry = entry();
    byte[] content = Files.readAllBytes(entry);
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      byte[] damaged = content.clone();
      if (round % 10 == 0) {
        damaged = Arrays.copyOf(damaged, random.nextInt(content.length));
      } else {
        damaged[random.nextInt(content.length)] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(entry, damaged);
      assertThat(cache.find(file)).as("seed %d, round %d", seed, round).isEmpty();
    }
    assertSame(first, read());
  }

  @Test
  void aLinkSharesTheEntryOfItsFile() throws IOException {
    TokenizerJson first = read();
    Path target = file;
    file = Files.createSymbolicLink(folder.resolve("link.json"), target);
    assertThat(cache.find(file)).isPresent();
    assertSame(first, read());
  }

  @Test
  void ofTooManyEntriesTheOldestGo() throws IOException {
    for (int i = 0; i < 20; i++) {
      file = folder.resolve("tokenizer" + i + ".json");
      write(SmallTokenizer.resource("small-tokenizer.json") + PADDING);
      read();
      assertThat(cache.find(file)).isPresent();
    }
    try (Stream<Path> entries = Files.list(folder.resolve("cache").resolve("tokenizers"))) {
      assertThat(entries).hasSize(16);
    }
  }

  @Test
  void smallFilesAreNotKept() throws IOException {
    write(SmallTokenizer.resource("small-tokenizer.json"));
    read();
    assertThat(folder.resolve("cache")).doesNotExist();
  }

  @Test
  void aFolderThatCannotBeWrittenToCostsNothingElse() throws IOException {
    Files.writeString(folder.resolve("cache"), "a file where the folder would be");
    assertSame(read(), read());
  }

  private TokenizerJson read() {
    TokenizerJson json = TokenizerJson.read(file, cache);
    json.merges(0);
    return json;
  }

  private void write(String content) throws IOException {
    Files.writeString(file, content);
  }

  private Path entry() throws IOException {
    try (Stream<Path> entries = Files.list(folder.resolve("cache").resolve("tokenizers"))) {
      return entries.toList().getFirst();
    }
  }

  private static void assertSame(TokenizerJson first, TokenizerJson second) {
    assertThat(second.components()).isEqualTo(first.components());
    assertThat(second.model()).isEqualTo(first.model());
    assertThat(second.hasMerges()).isEqualTo(first.hasMerges());
    Vocabulary tokens = first.vocabulary();
    assertThat(second.vocabulary().size()).isEqualTo(tokens.size());
    assertThat(second.vocabulary().endOfIds()).isEqualTo(tokens.endOfIds());
    assertThat(second.vocabulary().longest()).isEqualTo(tokens.longest());
    for (int id = -1; id <= tokens.endOfIds(); id++) {
      String token = tokens.token(id);
      assertThat(second.vocabulary().token(id)).isEqualTo(token);
      assertThat(token == null ? id : second.vocabulary().id(token)).isEqualTo(id);
    }
    for (int left = 0; left < tokens.endOfIds(); left++) {
      for (int right = 0; right < tokens.endOfIds(); right++) {
        int rank = first.merges(0).rank(left, right);
        assertThat(second.merges(0).rank(left, right)).isEqualTo(rank);
        assertThat(rank < 0 ? -1 : second.merges(0).result(rank))
            .isEqualTo(rank < 0 ? -1 : first.merges(0).result(rank));
      }
    }
  }
}
