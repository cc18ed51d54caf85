package org.mlcengine.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.mlcengine.bindings.TvmRuntime;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.grammar.GrammarSpec.Ebnf;
import org.mlcengine.grammar.GrammarSpec.JsonSchema;
import org.mlcengine.grammar.GrammarSpec.Regex;

/** Compiling: by many threads, again, within memory, and after the end. */
class GrammarCompilerTest {
  @Test
  void everyObjectIsGivenBack() {
    try (GrammarCompiler warm = Walker.compiler()) {
      warm.compile(new Regex("a")).close();
    }
    long before = TvmRuntime.liveCount();
    try (GrammarCompiler compiler = Walker.compiler()) {
      for (int i = 0; i < 3; i++) {
        try (CompiledGrammar grammar = compiler.compile(new Regex("b{" + (i + 1) + "}"));
            CompiledGrammar again = compiler.compile(new Regex("b{" + (i + 1) + "}"));
            TokenMatcher matcher = again.newMatcher()) {
          matcher.mask();
          matcher.accept("b");
          matcher.forcedText();
          assertThat(grammar.memoryBytes()).isPositive();
        }
      }
      for (String bad : List.of("root ::= x", "root ::= \"")) {
        assertThatExceptionOfType(RuntimeException.class)
            .isThrownBy(() -> compiler.compile(new Ebnf(bad)).close());
      }
    }
    assertThat(TvmRuntime.liveCount()).isEqualTo(before);
  }

  @Test
  void keptGrammarsAreBounded() {
    try (GrammarCompiler compiler = Walker.compiler()) {
      compiler.compile(new Regex("a")).close();
      long before = TvmRuntime.liveCount();
      for (int i = 0; i < 100; i++) {
        compiler.compile(new Ebnf("root ::= \"" + i + "\"")).close();
      }
      assertThat(TvmRuntime.liveCount() - before).isBetween(1L, 63L);
    }
  }

  @Test
  void threadsMayCompileAtTheSameTime() throws Exception {
    try (GrammarCompiler compiler = Walker.compiler();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> results = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        String schema = "{\"const\":\"" + i % 4 + "\"}";
        String reply = "\"" + i % 4 + "\"";
        results.add(threads.submit(() -> accepts(compiler, schema, reply)));
      }
      for (Future<Boolean> result : results) {
        assertThat(result.get()).isTrue();
      }
    }
  }

  private static boolean accepts(GrammarCompiler compiler, String schema, String reply) {
    try (CompiledGrammar grammar = compiler.compile(new JsonSchema(schema, true));
        TokenMatcher matcher = grammar.newMatcher()) {
      return matcher.accept(reply) && matcher.isComplete();
    }
  }

  @Test
  void closedCompilerIsRefusedButItsGrammarsGoOn() {
    GrammarCompiler compiler = Walker.compiler();
    CompiledGrammar grammar = compiler.compile(new Regex("a"));
    compiler.close();
    compiler.close();
    assertThatExceptionOfType(EngineClosedException.class)
        .isThrownBy(() -> compiler.compile(new Regex("a")).close());
    try (grammar;
        TokenMatcher matcher = grammar.newMatcher()) {
      assertThat(matcher.accept("a")).isTrue();
    }
  }

  @Test
  void stopTokensMustBeWithinTheLogits() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GrammarCompiler(Walker.TOKENIZER, 100));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GrammarCompiler(Walker.TOKENIZER, 100, 100));
  }

  /** Each of these once took a deep stack, or much time, in native code. */
  @Test
  void demandingGrammarsCompile() {
    StringBuilder chain = new StringBuilder("root ::= r0\n");
    for (int i = 0; i < 2_000; i++) {
      chain.append("r%d ::= \"x\" | r%d\n".formatted(i, i + 1));
    }
    chain.append("r2000 ::= \"y\"\n");
    String nested = "(".repeat(100) + "\"a\"" + ")".repeat(100);
    String schema = "{\"items\":".repeat(60) + "{\"type\":\"null\"}" + "}".repeat(60);
    try (GrammarCompiler compiler = Walker.compiler()) {
      compiler.compile(new Ebnf(chain.toString())).close();
      compiler.compile(new Ebnf("root ::= " + nested)).close();
      compiler.compile(new Regex("(".repeat(50) + "a" + ")".repeat(50))).close();
      compiler.compile(new JsonSchema(schema, true)).close();
    }
  }

  @Test
  void deepReplyIsTaken() {
    try (GrammarCompiler compiler = Walker.compiler();
        CompiledGrammar grammar = compiler.compile(new JsonSchema("{}", true));
        TokenMatcher matcher = grammar.newMatcher()) {
      for (int i = 0; i < 50; i++) {
        assertThat(matcher.accept("[".repeat(100))).isTrue();
      }
      assertThat(matcher.mask()).isNotNull();
      assertThat(matcher.accept("null" + "]".repeat(5_000))).isTrue();
      assertThat(matcher.isComplete()).isTrue();
    }
  }
}
