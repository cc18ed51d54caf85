package org.mlcengine.grammar;

import java.util.Map;
import java.util.TreeSet;

/** JSON Schema's formats of strings, as regular expressions that allow no invalid one. */
final class StringFormats {
  private static final String LEAP =
      "([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)";
  private static final String DATE =
      "([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
          + "|02-(0[1-9]|1[0-9]|2[0-8]))|"
          + LEAP
          + "-02-29)";
  private static final String TIME =
      "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?"
          + "(Z|[+](0[0-9]|1[0-3]):[0-5][0-9]|-(0[1-9]|1[0-2]):[0-5][0-9])";
  private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final String LABEL = "[a-z][a-z0-9]{0,15}(-[a-z0-9]{1,15})?";
  private static final String HOST = LABEL + "(\\." + LABEL + "){0,3}";
  private static final String HEX = "[0-9a-f]";
  private static final String CLOCK =
      "T([0-9]{1,4}H([0-9]{1,4}M([0-9]{1,4}S)?)?" + "|[0-9]{1,4}M([0-9]{1,4}S)?|[0-9]{1,4}S)";

  private static final Map<String, String> PATTERNS =
      Map.of(
          "date", DATE,
          "time", TIME,
          "date-time", DATE + "T" + TIME,
          "duration",
              "P([0-9]{1,4}W|([0-9]{1,4}Y([0-9]{1,4}M([0-9]{1,4}D)?)?|[0-9]{1,4}M([0-9]{1,4}D)?"
                  + "|[0-9]{1,4}D)("
                  + CLOCK
                  + ")?|"
                  + CLOCK
                  + ")",
          "email",
              "[A-Za-z0-9_+-]{1,20}(\\.[A-Za-z0-9_+-]{1,20}){0,2}@("
                  + LABEL
                  + "\\.){1,3}[a-z]{2,12}",
          "hostname", HOST,
          "ipv4", "(" + BYTE + "\\.){3}" + BYTE,
          "ipv6", "(" + HEX + "{1,4}:){7}" + HEX + "{1,4}",
          "uuid", HEX + "{8}-" + HEX + "{4}-" + HEX + "{4}-" + HEX + "{4}-" + HEX + "{12}");

  private StringFormats() {}

  static RegexNode pattern(String format, String path) {
    String pattern = PATTERNS.get(format);
    if (pattern == null) {
      throw Refusal.of(
          "the format \"%s\" at %s is not supported; expected one of %s. Use pattern.",
          format, path, String.join(", ", new TreeSet<>(PATTERNS.keySet())));
    }
    return RegexReader.read("the format " + format, pattern);
  }
}
