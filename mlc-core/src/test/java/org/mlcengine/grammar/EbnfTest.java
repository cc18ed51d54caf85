package org.mlcengine.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.grammar.GrammarSpec.Ebnf;

/** Replies under a grammar in EBNF, which a hand-written parser checks, and what is refused. */
class EbnfTest {
  private static final GrammarCompiler COMPILER = Walker.compiler();

  @AfterAll
  static void close() {
    COMPILER.close();
  }

  @Test
  void repliesAreSums() {
    String sums =
        """
        root ::= sum "="  # a comment with "quotes" and (
        sum ::= product (("+" | "-") product)*
        product ::= factor (("*" | "/") factor)*
        factor ::= [0-9]+ | "(" sum ")"
        """;
    long seed = Walker.seed();
    Random random = new Random(seed);
    try (CompiledGrammar grammar = COMPILER.compile(new Ebnf(sums))) {
      for (int i = 0; i < 5; i++) {
        String reply = Walker.reply(grammar, random);
        Sum sum = new Sum(reply);
        assertThat(sum.isSum() && sum.rest().equals("="))
            .as("seed %d, reply %s", seed, reply)
            .isTrue();
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "[^é]; e; é",
        "[^a-z]; ö; q",
        "[\\u0041-C^]; ^; D",
        "[\\-a\\]]; ]; b",
        "[a-]; -; b",
        "[\\x41]; A; B",
        "[\\U0001F600-\\U0001F64F]; 😀; 🙐",
        "[😀-🙏]; 😂; 🙐"
      })
  void classesTakeTheirCharacters(String characters, String taken, String other) {
    try (CompiledGrammar grammar = COMPILER.compile(new Ebnf("root ::= " + characters))) {
      for (String text : List.of(taken, other)) {
        try (TokenMatcher matcher = grammar.newMatcher()) {
          assertThat(matcher.accept(text)).as(text).isEqualTo(text.equals(taken));
        }
      }
    }
  }

  @Test
  void classesAllowNoOverlongForms() {
    long seed = Walker.seed();
    Random random = new Random(seed);
    try (CompiledGrammar grammar = COMPILER.compile(new Ebnf("root ::= [^a]{1,3}"))) {
      for (int i = 0; i < 50; i++) {
        assertThat(Walker.reply(grammar, random)).as("seed %d", seed).doesNotContain("a");
      }
    }
  }

  @Test
  void leftRecursionWorks() {
    try (CompiledGrammar grammar =
            COMPILER.compile(
                new Ebnf("root ::= list\nlist ::= list \",\" item | item\nitem ::= \"x\""));
        TokenMatcher matcher = grammar.newMatcher()) {
      assertThat(matcher.accept("x,x,x")).isTrue();
      assertThat(matcher.isComplete()).isTrue();
      assertThat(matcher.accept("x")).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "start ::= \"a\"",
        "root ::= missing",
        "root ::= \"a",
        "root ::= [a",
        "root ::= (\"a\"",
        "root ::= \"a\" ]",
        "root ::= \"\\q\"",
        "root ::= \"a\"\nroot ::= \"b\"",
        "root = \"a\"",
        "root ::= [z-a]",
        "root ::= []",
        "root ::= [\\d]",
        "root ::= [a\n]",
        "root ::= [a-",
        "root ::= [\\",
        "root ::= [\\u12]",
        "root ::= \"\\ud800\"",
        "root ::= \"a\"{3,1}"
      })
  void malformedGrammarIsRefused(String grammar) {
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> COMPILER.compile(new Ebnf(grammar)).close())
        .withMessageStartingWith("response_format: the grammar is malformed: ");
  }

  @Test
  void limitsAndExtensionsAreRefusedByName() {
    refuses("root ::= " + "(".repeat(101) + "\"a\"" + ")".repeat(101), "more than 100 groups");
    refuses("root ::= \"" + "a".repeat(70_000) + "\"", "expected at most 65536");
    refuses("root ::= [a]{1,999999999999}", "expected at most 10000");
    refuses("root ::= [a]{20000}", "expected at most 10000");
    refuses("root ::= \"a\0\"", "U+0000");
    refuses("root ::= Regex(\"a+\")", "function Regex is not supported");
    refuses("root ::= Token (3)", "function Token is not supported");
    GrammarCompiler.check(new Ebnf("root ::= \"Regex(\" [(] # Token(3)\n"));
  }

  private static void refuses(String grammar, String message) {
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> GrammarCompiler.check(new Ebnf(grammar)))
        .withMessageContaining(message);
  }

  /** Reads a sum from the front of a text. */
  private static final class Sum {
    private final String text;
    private int at;

    Sum(String text) {
      this.text = text;
    }

    boolean isSum() {
      return row("+-", () -> row("*/", this::isFactor));
    }

    String rest() {
      return text.substring(at);
    }

    private boolean isFactor() {
      if (skip("(")) {
        return isSum() && skip(")");
      }
      int start = at;
      while (skip("0123456789")) {}
      return at > start;
    }

    private boolean row(String between, BooleanSupplier part) {
      boolean right = part.getAsBoolean();
      while (right && skip(between)) {
        right = part.getAsBoolean();
      }
      return right;
    }

    private boolean skip(String anyOf) {
      boolean found = at < text.length() && anyOf.indexOf(text.charAt(at)) >= 0;
      at += found ? 1 : 0;
      return found;
    }
  }
}
