package org.mlcengine.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mlcengine.generation.ReplyText.Piece;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.huggingface.SmallTokenizer;

class ReplyTextTest {
  private static final Tokenizer TOKENIZER = SmallTokenizer.load();
  private static final int END = TOKENIZER.idOf("<|im_end|>").orElseThrow();
  private static final int RIVER = TOKENIZER.idOf("Ġriver").orElseThrow();
  private static final int FIRST_BYTE = TOKENIZER.idOf("Ã").orElseThrow();

  @Test
  void aStopIdEndsTheReplyWithoutItsText() {
    ReplyText reply = reply();
    assertThat(reply.accept(RIVER)).isEqualTo(new Piece(" river", false));
    assertThat(reply.accept(END)).isEqualTo(new Piece("", true));
  }

  @Test
  void textBeforeTheStopStringInTheSameTokenIsKept() {
    assertThat(reply("iver").accept(RIVER)).isEqualTo(new Piece(" r", true));
  }

  @Test
  void aStopIdReleasesWhatMightHaveBegunAStopString() {
    ReplyText reply = reply("river runs");
    assertThat(reply.accept(RIVER)).isEqualTo(new Piece(" ", false));
    assertThat(reply.accept(END)).isEqualTo(new Piece("river", true));
  }

  @Test
  void finishReleasesTextAndIncompleteCharacters() {
    ReplyText reply = reply("river runs");
    reply.accept(RIVER);
    assertThat(reply.accept(FIRST_BYTE)).isEqualTo(new Piece("", false));
    assertThat(reply.finish()).isEqualTo("river\uFFFD");
  }

  @Test
  void anEndedReplyTakesNothingMore() {
    ReplyText stopped = reply();
    stopped.accept(END);
    assertThatThrownBy(() -> stopped.accept(RIVER)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(stopped::finish).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void theTextIsTheDecodedTextUpToTheStopString() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      int[] ids = random.ints(30, 3, TOKENIZER.vocabSize()).toArray();
      String whole = TOKENIZER.decode(ids);
      String stop = random.nextBoolean() ? "qqqqqq" : whole.substring(whole.length() / 2);
      int position = whole.indexOf(stop);
      ReplyText reply = reply(stop);
      StringBuilder text = new StringBuilder();
      boolean stopped = false;
      for (int i = 0; i < ids.length && !stopped; i++) {
        Piece piece = reply.accept(ids[i]);
        text.append(piece.text());
        stopped = piece.stopped();
      }
      text.append(stopped ? "" : reply.finish());
      assertThat(text)
          .as("seed %d, round %d", seed, round)
          .hasToString(position < 0 ? whole : whole.substring(0, position));
    }
  }

  private static ReplyText reply(String... stops) {
    return new ReplyText(TOKENIZER.streamDecoder(), List.of(stops), List.of(END));
  }
}
