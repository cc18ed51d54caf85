package org.mlcengine.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mlcengine.grammar.GrammarSpec.Regex;

/** One reply's way through a grammar: masks, tokens, taking back, the end, and misuse. */
class TokenMatcherTest {
  private static final GrammarCompiler COMPILER = Walker.compiler();
  private static final int A = Walker.TOKENIZER.idOf("a").orElseThrow();
  private static final int B = Walker.TOKENIZER.idOf("b").orElseThrow();

  private final CompiledGrammar grammar = COMPILER.compile(new Regex("a+b"));
  private final TokenMatcher matcher = grammar.newMatcher();

  @AfterAll
  static void closeCompiler() {
    COMPILER.close();
  }

  @AfterEach
  void close() {
    matcher.close();
    grammar.close();
  }

  @Test
  void maskSaysWhatAcceptTakes() {
    MemorySegment mask = Objects.requireNonNull(matcher.mask());
    assertThat(mask.byteSize()).isEqualTo(Math.ceilDiv(Walker.TOKENIZER.vocabSize(), 32) * 4L);
    for (int token = 0; token < Walker.TOKENIZER.vocabSize(); token++) {
      boolean taken = matcher.accept(token);
      assertThat(taken).as("token %d", token).isEqualTo(Walker.allows(mask, token));
      if (taken) {
        matcher.rollback(1);
        assertThat(new String(Walker.TOKENIZER.tokenBytes(token))).matches("a+b?");
      }
    }
    assertThat(matcher.acceptedCount()).isZero();
  }

  @Test
  void maskIsReadOnly() {
    MemorySegment mask = Objects.requireNonNull(matcher.mask());
    assertThatThrownBy(() -> mask.set(ValueLayout.JAVA_INT, 0, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void replyEndsWithAStopTokenWhereItIsComplete() {
    assertThat(matcher.accept(A)).isTrue();
    assertThat(matcher.accept(Walker.STOP)).isFalse();
    assertThat(matcher.isComplete()).isFalse();
    assertThat(matcher.accept(B)).isTrue();
    assertThat(matcher.isComplete()).isTrue();
    assertThat(matcher.isTerminated()).isFalse();
    MemorySegment mask = Objects.requireNonNull(matcher.mask());
    assertThat(Walker.allows(mask, Walker.STOP)).isTrue();
    assertThat(Walker.allows(mask, A)).isFalse();
    assertThat(matcher.accept(Walker.STOP)).isTrue();
    assertThat(matcher.isTerminated()).isTrue();
    assertThatIllegalStateException().isThrownBy(matcher::mask);
    assertThatIllegalStateException().isThrownBy(() -> matcher.accept(A));
    assertThatIllegalStateException().isThrownBy(() -> matcher.accept("a"));
    assertThatIllegalStateException().isThrownBy(matcher::forcedText);
  }

  @Test
  void tokensAreTakenBackEvenAfterTheEnd() {
    matcher.accept(A);
    matcher.accept(B);
    matcher.accept(Walker.STOP);
    matcher.rollback(2);
    assertThat(matcher.isTerminated()).isFalse();
    assertThat(matcher.acceptedCount()).isEqualTo(1);
    assertThat(matcher.accept("aab")).isTrue();
    assertThat(matcher.isComplete()).isTrue();
    matcher.rollback(2);
    assertThat(matcher.accept(B)).isFalse();
    assertThatIllegalArgumentException().isThrownBy(() -> matcher.rollback(1));
    assertThatIllegalArgumentException().isThrownBy(() -> matcher.rollback(-1));
  }

  @Test
  void resetStartsAgain() {
    matcher.accept(A);
    matcher.accept(B);
    matcher.accept(Walker.STOP);
    matcher.reset();
    assertThat(matcher.acceptedCount()).isZero();
    assertThat(matcher.accept(B)).isFalse();
    assertThat(matcher.accept(A)).isTrue();
  }

  @Test
  void forcedTextIsWhatMustCome() {
    assertThat(matcher.forcedText()).isEqualTo("a");
    try (CompiledGrammar forced = COMPILER.compile(new Regex("x(yes|yen)"));
        TokenMatcher other = forced.newMatcher()) {
      assertThat(other.forcedText()).isEqualTo("xye");
      assertThat(other.acceptedCount()).isZero();
    }
  }

  @Test
  void specialTokensAndForeignIdsAreNeverTaken() {
    try (CompiledGrammar any = COMPILER.compile(new Regex("[\\s\\S]*"));
        TokenMatcher other = any.newMatcher()) {
      int special = Walker.TOKENIZER.idOf("<|im_start|>").orElseThrow();
      assertThat(Walker.allows(other.mask(), special)).isFalse();
      assertThat(other.accept(special)).isFalse();
      assertThat(other.accept(-1)).isFalse();
      assertThat(other.accept(Integer.MAX_VALUE)).isFalse();
      assertThat(other.accept(A)).isTrue();
    }
  }

  @Test
  void idsBeyondTheTokenizerAreNeverAllowed() {
    int size = Walker.TOKENIZER.vocabSize() + 40;
    try (GrammarCompiler compiler = new GrammarCompiler(Walker.TOKENIZER, size, Walker.STOP);
        CompiledGrammar any = compiler.compile(new Regex("[\\s\\S]*"));
        TokenMatcher other = any.newMatcher()) {
      MemorySegment mask = Objects.requireNonNull(other.mask());
      assertThat(mask.byteSize()).isEqualTo(Math.ceilDiv(size, 32) * 4L);
      for (int token = Walker.TOKENIZER.vocabSize(); token < size; token++) {
        assertThat(Walker.allows(mask, token)).isFalse();
        assertThat(other.accept(token)).isFalse();
      }
    }
  }

  @Test
  void matcherOutlivesItsGrammarButNotItsClose() {
    grammar.close();
    assertThat(matcher.accept(A)).isTrue();
    assertThatIllegalStateException().isThrownBy(grammar::newMatcher);
    assertThatIllegalStateException().isThrownBy(grammar::memoryBytes);
    matcher.close();
    matcher.close();
    assertThatIllegalStateException().isThrownBy(matcher::mask);
    assertThatIllegalStateException().isThrownBy(() -> matcher.accept(A));
    assertThatIllegalStateException().isThrownBy(matcher::isTerminated);
    assertThatIllegalStateException().isThrownBy(() -> matcher.rollback(0));
  }

  @Test
  void anotherThreadIsRefused() {
    CompletableFuture<?> other = CompletableFuture.runAsync(matcher::mask);
    assertThatThrownBy(other::join).hasCauseInstanceOf(WrongThreadException.class);
  }
}
