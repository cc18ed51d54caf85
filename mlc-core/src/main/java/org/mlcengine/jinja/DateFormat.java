package org.mlcengine.jinja;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;

/** The C library's {@code strftime} in its own locale. */
final class DateFormat {
  private static final Map<Character, String> PATTERNS =
      Map.ofEntries(
          Map.entry('a', "EEE"),
          Map.entry('A', "EEEE"),
          Map.entry('b', "MMM"),
          Map.entry('B', "MMMM"),
          Map.entry('c', "EEE MMM ppd HH:mm:ss uuuu"),
          Map.entry('d', "dd"),
          Map.entry('D', "MM/dd/yy"),
          Map.entry('e', "ppd"),
          Map.entry('f', "SSSSSS"),
          Map.entry('F', "uuuu-MM-dd"),
          Map.entry('H', "HH"),
          Map.entry('I', "hh"),
          Map.entry('j', "DDD"),
          Map.entry('m', "MM"),
          Map.entry('M', "mm"),
          Map.entry('p', "a"),
          Map.entry('R', "HH:mm"),
          Map.entry('S', "ss"),
          Map.entry('T', "HH:mm:ss"),
          Map.entry('x', "MM/dd/yy"),
          Map.entry('X', "HH:mm:ss"),
          Map.entry('y', "yy"),
          Map.entry('Y', "uuuu"));

  private DateFormat() {}

  static String format(String format, Clock clock) {
    ZonedDateTime now = ZonedDateTime.now(clock);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        out.append(c);
        continue;
      }
      boolean unpadded = format.charAt(i + 1) == '-' && i + 2 < format.length();
      i += unpadded ? 2 : 1;
      String text = field(format.charAt(i), now);
      out.append(unpadded ? text.replaceFirst("^[0 ]+(?=\\d)", "") : text);
    }
    return out.toString();
  }

  private static String field(char code, ZonedDateTime now) {
    if (code == '%') {
      return "%";
    }
    if (code == 'n' || code == 't') {
      return code == 'n' ? "\n" : "\t";
    }
    if (code == 'u' || code == 'w') {
      int day = now.getDayOfWeek().getValue();
      return String.valueOf(code == 'u' ? day : day % 7);
    }
    String pattern = PATTERNS.get(code);
    if (pattern == null) {
      throw new TemplateError("strftime_now() does not support '%" + code + "'");
    }
    return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(now);
  }
}
