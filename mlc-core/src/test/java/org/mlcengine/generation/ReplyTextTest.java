package org.mlcengine.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mlcengine.generation.ReplyText.Piece;
import org.mlcengine.tokenizer.StreamDecoder;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.huggingface.SmallTokenizer;

class ReplyTextTest {
  private static final Tokenizer TOKENIZER = SmallTokenizer.load();
  private static final int END = TOKENIZER.idOf("<|im_end|>").orElseThrow();
  private static final int RIVER = TOKENIZER.idOf("Ġriver").orElseThrow();
  private static final int FIRST_BYTE = TOKENIZER.idOf("Ã").orElseThrow();

  private static final Map<ByteBuffer, Integer> TOKENS = tokens();
  private static final int LONGEST = 8;

  @Test
  void aStopIdEndsTheReplyWithoutItsText() {
    ReplyText reply = reply();
    assertThat(reply.accept(RIVER)).isEqualTo(new Piece(" river", 1, false));
    assertThat(reply.accept(END)).isEqualTo(new Piece("", 0, true));
  }

  @Test
  void textBeforeTheStopStringInTheSameTokenIsKept() {
    assertThat(reply("iver").accept(RIVER)).isEqualTo(new Piece(" r", 1, true));
  }

  @Test
  void aStopIdReleasesWhatMightHaveBegunAStopString() {
    ReplyText reply = reply("river runs");
    assertThat(reply.accept(RIVER)).isEqualTo(new Piece(" ", 0, false));
    assertThat(reply.accept(END)).isEqualTo(new Piece("river", 1, true));
  }

  @Test
  void finishReleasesTextAndIncompleteCharacters() {
    ReplyText reply = reply("river runs");
    reply.accept(RIVER);
    assertThat(reply.accept(FIRST_BYTE)).isEqualTo(new Piece("", 0, false));
    assertThat(reply.finish()).isEqualTo(new Piece("river\uFFFD", 2, true));
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
      String stop = random.nextBoolean() ? "qqqqqq" : secondHalf(whole);
      int position = whole.indexOf(stop);
      ReplyText reply = reply(stop);
      StringBuilder text = new StringBuilder();
      boolean stopped = false;
      for (int i = 0; i < ids.length && !stopped; i++) {
        Piece piece = reply.accept(ids[i]);
        text.append(piece.text());
        stopped = piece.stopped();
      }
      text.append(stopped ? "" : reply.finish().text());
      assertThat(text)
          .as("seed %d, round %d", seed, round)
          .hasToString(position < 0 ? whole : whole.substring(0, position));
    }
  }

  private static String secondHalf(String text) {
    return text.substring(text.offsetByCodePoints(0, text.codePointCount(0, text.length()) / 2));
  }

  @Test
  void everySplitIntoTokensShowsWhatStandsBeforeTheStop() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 5_000; round++) {
      int alphabet = 2 + random.nextInt(NaiveStops.ALPHABET.size() - 1);
      String text = NaiveStops.text(random, random.nextInt(25), alphabet) + " river";
      List<String> stops = NaiveStops.stops(random, text, alphabet);
      int[] ids = split(random, text);
      boolean ends = random.nextBoolean();
      int count = ends ? random.nextInt(ids.length) : ids.length;
      if (ends) {
        ids[count] = END;
      }
      // A stop id within a character leaves the replacement character.
      NaiveStops.Shown expected =
          NaiveStops.search(stops, TOKENIZER.decode(Arrays.copyOf(ids, count)));
      assertThat(shown(reply(stops.toArray(String[]::new)), ids))
          .as("seed %d, round %d: %s in '%s'", seed, round, stops, text)
          .isEqualTo(new NaiveStops.Shown(expected.text(), ends || expected.stopped()));
    }
  }

  @Test
  void aTokenIsOutOnceItsTextIs() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      String text = NaiveStops.text(random, random.nextInt(25), 2) + " river";
      int[] ids = split(random, text);
      ReplyText reply = reply(NaiveStops.stops(random, text, 2).toArray(String[]::new));
      int tokens = 0;
      int shown = 0;
      boolean stopped = false;
      for (int i = 0; i < ids.length && !stopped; i++) {
        Piece piece = reply.accept(ids[i]);
        tokens += piece.tokens();
        shown += piece.text().length();
        stopped = piece.stopped();
        assertThat(tokens)
            .as("seed %d, round %d, token %d", seed, round, i)
            .isEqualTo(out(ids, i + 1, shown, stopped));
      }
      tokens += stopped ? 0 : reply.finish().tokens();
      assertThat(tokens)
          .as("seed %d, round %d", seed, round)
          .isEqualTo(stopped ? tokens : ids.length);
    }
  }

  /** How many of the first tokens lie within so much text; the one that a stop cuts as well. */
  private static int out(int[] ids, int count, int shown, boolean stopped) {
    StreamDecoder decoder = TOKENIZER.streamDecoder();
    int end = 0;
    for (int i = 0; i < count; i++) {
      int start = end;
      end += decoder.append(ids[i]).length();
      if (end > shown) {
        return stopped && start < shown ? i + 1 : i;
      }
    }
    return count;
  }

  private static NaiveStops.Shown shown(ReplyText reply, int[] ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      Piece piece = reply.accept(id);
      text.append(piece.text());
      if (piece.stopped()) {
        return new NaiveStops.Shown(text.toString(), true);
      }
    }
    return new NaiveStops.Shown(text + reply.finish().text(), false);
  }

  /** Returns tokens whose bytes, joined, are the text's, cut anywhere. */
  private static int[] split(Random random, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    List<Integer> ids = new ArrayList<>();
    for (int position = 0; position < bytes.length; ) {
      ByteBuffer rest = ByteBuffer.wrap(bytes).position(position).slice();
      List<Integer> fitting =
          IntStream.rangeClosed(1, Math.min(LONGEST, rest.limit()))
              .mapToObj(length -> TOKENS.get(rest.slice(0, length)))
              .filter(Objects::nonNull)
              .toList();
      int id = fitting.get(random.nextInt(fitting.size()));
      ids.add(id);
      position += TOKENIZER.tokenBytes(id).length;
    }
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  private static Map<ByteBuffer, Integer> tokens() {
    Map<ByteBuffer, Integer> tokens = new HashMap<>();
    for (int id = 0; id < TOKENIZER.vocabSize(); id++) {
      byte[] bytes = TOKENIZER.tokenBytes(id);
      if (bytes.length > 0 && !TOKENIZER.isSpecial(id)) {
        tokens.put(ByteBuffer.wrap(bytes), id);
      }
    }
    return tokens;
  }

  @Test
  void theTextOfAStopIdIsNeverShown() {
    ReplyText reply = reply("<|im", "end|>");
    assertThat(reply.accept(RIVER).text()).isEqualTo(" river");
    assertThat(reply.accept(END)).isEqualTo(new Piece("", 0, true));
  }

  private static ReplyText reply(String... stops) {
    return new ReplyText(
        TOKENIZER.streamDecoder(), new StopAutomaton(List.of(stops)), List.of(END));
  }
}
