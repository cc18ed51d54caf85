package org.mlcengine.tokenizer.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class VocabularyTest {
  private final Vocabulary vocabulary = new Vocabulary();

  private boolean put(String token, int id) {
    return vocabulary.put(token.toCharArray(), 0, token.length(), id);
  }

  @Test
  void anEmptyOneHasNothing() {
    assertThat(vocabulary.size()).isZero();
    assertThat(vocabulary.endOfIds()).isZero();
    assertThat(vocabulary.id("a")).isEqualTo(-1);
    assertThat(vocabulary.token(0)).isNull();
    assertThat(vocabulary.token(-1)).isNull();
  }

  @Test
  void tokensAreFoundWithinALongerText() {
    assertThat(put("bc", 7)).isTrue();
    assertThat(put("", 2)).isTrue();
    assertThat(vocabulary.id("abcd".toCharArray(), 1, 3)).isEqualTo(7);
    assertThat(vocabulary.id("abcd".toCharArray(), 0, 3)).isEqualTo(-1);
    assertThat(vocabulary.id("")).isEqualTo(2);
    assertThat(vocabulary.token(7)).isEqualTo("bc");
    assertThat(vocabulary.token(3)).isNull();
    assertThat(vocabulary.endOfIds()).isEqualTo(8);
    assertThat(vocabulary.longest()).isEqualTo(2);
  }

  @Test
  void anIdBelongsToOneToken() {
    assertThat(put("a", 1)).isTrue();
    assertThat(put("a", 1)).isTrue();
    assertThat(put("b", 1)).isFalse();
    assertThat(vocabulary.id("b")).isEqualTo(-1);
    assertThat(vocabulary.size()).isEqualTo(1);
  }

  @Test
  void theLastIdOfATokenCounts() {
    assertThat(put("a", 1)).isTrue();
    assertThat(put("a", 4)).isTrue();
    assertThat(vocabulary.id("a")).isEqualTo(4);
    assertThat(vocabulary.token(1)).isNull();
    assertThat(put("b", 1)).isTrue();
    assertThat(vocabulary.size()).isEqualTo(2);
  }

  @Test
  void manyTokensAreFound() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Map<String, Integer> expected = new HashMap<>();
    for (int id = 0; id < 5_000; id++) {
      String token = Integer.toString(random.nextInt(1 << 20), 36) + (char) random.nextInt(0x300);
      if (expected.putIfAbsent(token, id) == null) {
        assertThat(put(token, id)).as("seed %d", seed).isTrue();
      }
    }
    assertThat(vocabulary.size()).isEqualTo(expected.size());
    expected.forEach(
        (token, id) -> {
          assertThat(vocabulary.id(token)).as("seed %d", seed).isEqualTo(id);
          assertThat(vocabulary.token(id)).as("seed %d", seed).isEqualTo(token);
        });
  }
}
