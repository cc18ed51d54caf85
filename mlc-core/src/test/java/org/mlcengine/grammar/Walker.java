package org.mlcengine.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.mlcengine.TestModel;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.files.Tokenizers;

/**
 * Writes replies by drawing tokens at random among those that a grammar allows, over the default
 * model's tokenizer. After some tokens it prefers those that bring a reply to its end.
 */
final class Walker {
  /** Returns the seed of random walks: a new one, unless {@code mlc.test.seed} sets it. */
  static long seed() {
    return Long.getLong("mlc.test.seed", ThreadLocalRandom.current().nextInt());
  }

  static final Tokenizer TOKENIZER = Tokenizers.load(TestModel.folder());
  static final int STOP = TOKENIZER.idOf("<|im_end|>").orElseThrow();

  private static final int FREE_TOKENS = 40;
  private static final int MAX_TOKENS = 4_000;

  /** Tokens that close something, the better the earlier. */
  private static final String CLOSERS = "\"@}],:0123456789-\n";

  private static final int[] RANKS = ranks();

  private Walker() {}

  static GrammarCompiler compiler() {
    return new GrammarCompiler(TOKENIZER, TOKENIZER.vocabSize(), STOP);
  }

  /** The text of one complete reply. */
  static String reply(CompiledGrammar grammar, Random random) {
    int[] tokens = new int[MAX_TOKENS];
    try (TokenMatcher matcher = grammar.newMatcher()) {
      for (int count = 0; count < MAX_TOKENS; count++) {
        int token = draw(matcher.mask(), random, count);
        assertThat(matcher.accept(token)).as("an allowed token is taken").isTrue();
        if (matcher.isTerminated()) {
          return text(Arrays.copyOf(tokens, count));
        }
        tokens[count] = token;
      }
      String text = TOKENIZER.decode(tokens);
      throw new AssertionError("no end after " + MAX_TOKENS + " tokens: " + text.substring(0, 200));
    }
  }

  private static String text(int[] tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int token : tokens) {
      bytes.writeBytes(TOKENIZER.tokenBytes(token));
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      throw new AssertionError("no UTF-8: " + HexFormat.of().formatHex(bytes.toByteArray()), e);
    }
  }

  static boolean allows(@Nullable MemorySegment mask, int token) {
    return mask == null
        || (mask.getAtIndex(ValueLayout.JAVA_INT, token / 32) >>> token % 32 & 1) != 0;
  }

  private static int draw(@Nullable MemorySegment mask, Random random, int count) {
    int[] allowed = new int[TOKENIZER.vocabSize()];
    int size = 0;
    for (int token = 0; token < allowed.length; token++) {
      if (allows(mask, token)) {
        allowed[size++] = token;
      }
    }
    assertThat(size).as("tokens that are allowed").isPositive();
    int drawn = allowed[random.nextInt(size)];
    boolean hurry = count > FREE_TOKENS && random.nextInt(8) != 0;
    for (int i = 0; hurry && i < size; i++) {
      drawn = RANKS[allowed[i]] < RANKS[drawn] ? allowed[i] : drawn;
    }
    return drawn;
  }

  private static int[] ranks() {
    int[] ranks = new int[TOKENIZER.vocabSize()];
    for (int token = 0; token < ranks.length; token++) {
      byte[] bytes = TOKENIZER.tokenBytes(token);
      int rank = bytes.length == 1 ? CLOSERS.indexOf(bytes[0]) : -1;
      ranks[token] = token == STOP ? -1 : rank < 0 ? CLOSERS.length() : rank;
    }
    return ranks;
  }
}
