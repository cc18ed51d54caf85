package org.mlcengine.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.grammar.GrammarSpec.Regex;

/** Replies under a regular expression, which java.util.regex checks, and what is refused. */
class RegexTest {
  private static final GrammarCompiler COMPILER = Walker.compiler();

  @AfterAll
  static void close() {
    COMPILER.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "abc",
        "^$|^x+$",
        "[a-z]{3}-[0-9]+",
        "(\\d{1,3}\\.){3}\\d{1,3}",
        "(?:yes|no|maybe)( (?:yes|no|maybe))*",
        "[^a-zA-Z0-9\\n]{2,6}",
        "[^a]",
        "(a|b)*a(a|b){10}",
        ".{1,20}",
        "(?<first>[A-Z]\\w*) \\S+\\s?",
        "(|a)(b|)c??",
        "\\x41\\u0042\\u{43}\\t\\\\\\/\\.\\[\\]\\{\\}\\(\\)\\*\\+\\?\\^\\$\\|",
        "[\\]\\-\\\\^a-c]{4}",
        "[äöü😀-😂]{1,3}é*",
        "(([a-c]{2}){2}x){2}",
        "#+ [A-Z][a-z ]{5,30}\\n(- [a-z]+\\n){2,4}"
      })
  void repliesMatchAsAWhole(String expression) {
    long seed = Walker.seed();
    Random random = new Random(seed);
    Pattern pattern = Pattern.compile(expression.replaceAll("\\\\u\\{(\\w+)}", "\\\\x{$1}"));
    try (CompiledGrammar grammar = COMPILER.compile(new Regex(expression))) {
      for (int i = 0; i < 5; i++) {
        String reply = Walker.reply(grammar, random);
        assertThat(pattern.matcher(reply).matches())
            .as("seed %d, expression %s, reply \"%s\"", seed, expression, reply)
            .isTrue();
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      value = {
        "a(?=b); look-ahead",
        "a(?!b); look-ahead",
        "(?<=a)b; look-behind",
        "(?i)a; a group with flags",
        "(a)\\1; back reference",
        "\\k<a>; back reference",
        "\\ba; word boundary",
        "\\p{L}; Unicode property",
        "a^b; has ^ or $ elsewhere",
        "(a$)+; has ^ or $ elsewhere",
        "(a; unclosed '('",
        "a); unmatched ')'",
        "[a; ends too early",
        "[]; no character is in",
        "[^\\s\\S]; no character is in",
        "[b-a]; malformed range",
        "*a; nothing before it",
        "a**; two quantifiers",
        "a{2,1}; malformed repetition",
        "a{; repetition",
        "a{2,; malformed or too large repetition",
        "a{2,3%; malformed repetition",
        "a{123456}; too large repetition",
        "(a{1000}){1000}; spans more than 1000",
        "\\; ends too early",
        "\\x4; malformed escape",
        "\\ud800; surrogate",
        "\\q; unknown escape"
      })
  void whatGrammarsCannotExpressIsRefused(String expression, String message) {
    refuses(expression, message);
  }

  @Test
  void deepAndLongExpressionsAreRefused() {
    refuses("(".repeat(3_000), "nests more than 60 groups");
    refuses("a".repeat(5_000), "expected at most 4000");
  }

  /** XGrammar's own automata of these take the texts. */
  @ParameterizedTest
  @CsvSource({
    "'((a|b)|(a){1,3})|', baa",
    "'((b){1,1}|(b){0,2})?', bbbbb",
    "'(aa(b){1,2}|((a){0,2}|(b|a)))', aaaa",
    "'((a|))?(([ab]|[ab])|([ab]){1,3})', ababb",
    "'(([ab])?|)((a|b)|(a){0,3})', bba",
    "'((aa(a){2,3})?){2,}', a",
    "'((b){2,3}|){3,}', b",
    "(a|b)?, ba"
  })
  void whatDoesNotMatchIsNotTaken(String expression, String text) {
    try (CompiledGrammar grammar = COMPILER.compile(new Regex("(" + expression + ")"))) {
      assertThat(takes(grammar, text)).isFalse();
    }
  }

  @Test
  void randomExpressionsTakeWhatTheyMatchAndNothingElse() {
    long seed = Walker.seed();
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      String expression = expression(random, 3);
      Pattern pattern = Pattern.compile(expression);
      String json = "\"pattern\":\"^" + expression + "$\"";
      try (CompiledGrammar plain = COMPILER.compile(new Regex(expression));
          CompiledGrammar quoted =
              COMPILER.compile(new GrammarSpec.JsonSchema("{" + json + "}", true))) {
        for (int k = 0; k < 20; k++) {
          String text = text(random);
          boolean matches = pattern.matcher(text).matches();
          String what = "seed %d, expression %s, text %s".formatted(seed, expression, text);
          assertThat(takes(plain, text)).as(what).isEqualTo(matches);
          assertThat(takes(quoted, "\"" + text + "\"")).as(what).isEqualTo(matches);
        }
      }
    }
  }

  private static boolean takes(CompiledGrammar grammar, String text) {
    try (TokenMatcher matcher = grammar.newMatcher()) {
      return matcher.accept(text) && matcher.isComplete();
    }
  }

  private static String expression(Random random, int depth) {
    if (depth == 0) {
      return random.nextBoolean() ? "a" : random.nextBoolean() ? "b" : "[ab]";
    }
    String one = expression(random, depth - 1);
    return switch (random.nextInt(8)) {
      case 0, 1 -> one + expression(random, depth - 1);
      case 2 -> "(" + one + "|" + expression(random, depth - 1) + ")";
      case 3 -> "(" + one + "|)";
      case 4 -> "(" + one + ")?";
      case 5 -> "(" + one + ")*";
      case 6 -> "(" + one + ")+";
      default -> {
        int least = random.nextInt(4);
        String most = random.nextInt(4) == 0 ? "" : String.valueOf(least + random.nextInt(3));
        yield "(" + one + "){" + least + "," + most + "}";
      }
    };
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(7); i > 0; i--) {
      text.append(random.nextBoolean() ? 'a' : 'b');
    }
    return text.toString();
  }

  private static void refuses(String expression, String message) {
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> GrammarCompiler.check(new Regex(expression)))
        .withMessageContaining(message);
  }
}
