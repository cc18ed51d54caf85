package org.mlcengine.tools;

/**
 * Writes JSON with the white space that chat templates write, which models have seen: that of
 * Python's {@code json.dumps}.
 */
final class JsonSpacing {
  private JsonSpacing() {}

  /** Returns the text with a space after each comma and colon, and no other white space. */
  static String spaced(String json) {
    return write(json, -1);
  }

  /** Returns the text with each member and item on a line of its own. */
  static String indented(String json, int indent) {
    return write(json, indent);
  }

  /** Tells whether a text is a JSON object, and nothing else. */
  static boolean isObject(String text) {
    JsonScanner scanner = new JsonScanner();
    String json = text.strip();
    if (!json.startsWith("{")) {
      return false;
    }
    for (int i = 0; i < json.length(); i++) {
      boolean control = scanner.inString() && json.charAt(i) < ' ';
      if (control || !scanner.push(json.charAt(i))) {
        return false;
      }
    }
    return scanner.done();
  }

  private static String write(String json, int indent) {
    StringBuilder out = new StringBuilder();
    boolean inString = false;
    int depth = 0;
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (inString) {
        out.append(c);
        if (c == '\\') {
          out.append(json.charAt(++i));
        }
        inString = c != '"';
        continue;
      }
      switch (c) {
        case ' ', '\n', '\r', '\t' -> {}
        case ':' -> out.append(": ");
        case ',' -> line(out.append(indent < 0 ? ", " : ","), depth, indent);
        case '{', '[' -> {
          out.append(c);
          int next = i + 1;
          while (JsonScanner.isSpace(json.charAt(next))) {
            next++;
          }
          if (json.charAt(next) == '}' || json.charAt(next) == ']') {
            out.append(json.charAt(next));
            i = next;
          } else {
            line(out, ++depth, indent);
          }
        }
        case '}', ']' -> {
          line(out, --depth, indent);
          out.append(c);
        }
        default -> {
          inString = c == '"';
          out.append(c);
        }
      }
    }
    return out.toString();
  }

  private static void line(StringBuilder out, int depth, int indent) {
    if (indent >= 0) {
      out.append('\n').repeat(' ', depth * indent);
    }
  }
}
