package org.mlcengine.grammar;

import java.util.regex.Pattern;
import org.mlcengine.bindings.TvmException;
import org.mlcengine.errors.InvalidRequestException;

/** How a request for a grammar is refused. */
final class Refusal {
  static final String PARAMETER = "response_format";

  /** XGrammar's prefix of a message: the time, and a line of its sources. */
  private static final Pattern PREFIX = Pattern.compile("^\\[[^\\]]*\\] \\S+:\\d+: ");

  private Refusal() {}

  static InvalidRequestException of(String message, Object... arguments) {
    return new InvalidRequestException(PARAMETER, message.formatted(arguments));
  }

  /** What XGrammar's message says. */
  static String reason(TvmException e) {
    return PREFIX.matcher(e.detail()).replaceFirst("").strip();
  }
}
