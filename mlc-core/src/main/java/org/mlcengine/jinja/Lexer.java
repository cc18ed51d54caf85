package org.mlcengine.jinja;

import java.util.ArrayList;
import java.util.List;
import org.mlcengine.jinja.Token.Kind;

/**
 * Splits a template into tokens, with {@code trim_blocks} and {@code lstrip_blocks} on: a block or
 * comment takes the line break behind it and the spaces before it on its line, unless a sign says
 * otherwise.
 */
final class Lexer {
  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int position;
  private int countedTo;
  private int line = 1;
  private boolean lineStarts = true;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> scan(String source) {
    String text = source.replace("\r\n", "\n").replace('\r', '\n');
    if (text.endsWith("\n")) {
      text = text.substring(0, text.length() - 1);
    }
    Lexer lexer = new Lexer(text);
    lexer.scan();
    return lexer.tokens;
  }

  private void scan() {
    while (position < source.length()) {
      int tag = nextTag();
      if (tag < 0) {
        data(source.substring(position), position);
        position = source.length();
        break;
      }
      int start = position;
      char kind = source.charAt(tag + 1);
      char sign = charAt(tag + 2);
      boolean signed = sign == '-' || sign == '+';
      position = tag + (signed ? 3 : 2);
      data(before(source.substring(start, tag), sign, kind), start);
      lineStarts = false;
      switch (kind) {
        case '#' -> comment(tag);
        case '{' -> tag(Kind.VARIABLE_BEGIN, Kind.VARIABLE_END, "}}", tag);
        default -> {
          if (!raw(tag)) {
            tag(Kind.BLOCK_BEGIN, Kind.BLOCK_END, "%}", tag);
          }
        }
      }
    }
    add(Kind.END, "", source.length());
  }

  private int nextTag() {
    for (int i = source.indexOf('{', position); i >= 0; i = source.indexOf('{', i + 1)) {
      char next = charAt(i + 1);
      if (next == '{' || next == '%' || next == '#') {
        return i;
      }
    }
    return -1;
  }

  /** Returns what stays of the text before a tag. */
  private String before(String text, char sign, char kind) {
    if (sign == '-') {
      return Characters.strip(text, false, true);
    }
    if (sign == '+' || kind == '{') {
      return text;
    }
    int lineStart = text.lastIndexOf('\n') + 1;
    boolean blank = Characters.strip(text.substring(lineStart), true, true).isEmpty();
    return blank && (lineStart > 0 || lineStarts) ? text.substring(0, lineStart) : text;
  }

  private void data(String text, int start) {
    if (!text.isEmpty()) {
      add(Kind.DATA, text, start);
    }
  }

  /** Goes past a comment. As in Jinja, one that begins at the very end needs no end of its own. */
  private void comment(int tag) {
    int end = source.indexOf("#}", position);
    if (end < 0 && position == source.length()) {
      return;
    }
    if (end < 0) {
      throw error("the comment has no end '#}'", tag);
    }
    char sign = end > position ? source.charAt(end - 1) : ' ';
    position = end + 2;
    afterBlock(sign);
  }

  /** Takes what belongs to the end of a block or comment. */
  private void afterBlock(char sign) {
    if (sign == '-') {
      skipSpace();
      lineStarts = source.charAt(position - 1) == '\n';
    } else if (sign != '+' && charAt(position) == '\n') {
      position++;
      lineStarts = true;
    }
  }

  /** Reads a raw block, if one begins here. */
  private boolean raw(int tag) {
    int mark = position;
    skipSpace();
    if (!source.startsWith("raw", position)) {
      position = mark;
      return false;
    }
    position += 3;
    skipSpace();
    boolean strips = source.startsWith("-%}", position);
    if (!strips && !source.startsWith("%}", position)) {
      position = mark;
      return false;
    }
    position += strips ? 3 : 2;
    if (strips) {
      skipSpace();
    }
    int start = position;
    if (start == source.length()) {
      return true;
    }
    for (int i = source.indexOf("{%", start); i >= 0; i = source.indexOf("{%", i + 2)) {
      char sign = charAt(i + 2);
      position = i + (sign == '-' || sign == '+' ? 3 : 2);
      skipSpace();
      if (source.startsWith("endraw", position)) {
        position += 6;
        skipSpace();
        char endSign = charAt(position);
        position += endSign == '-' || endSign == '+' ? 1 : 0;
        if (source.startsWith("%}", position)) {
          position += 2;
          data(before(source.substring(start, i), sign, '%'), start);
          afterBlock(endSign);
          return true;
        }
      }
    }
    throw error("the raw block has no end", tag);
  }

  private void tag(Kind begin, Kind end, String close, int tag) {
    add(begin, "", tag);
    StringBuilder open = new StringBuilder();
    while (true) {
      skipSpace();
      if (position >= source.length()) {
        throw error("the tag has no end '" + close + "'", tag);
      }
      if (open.isEmpty() && ends(end, close)) {
        return;
      }
      token(open);
    }
  }

  private boolean ends(Kind end, String close) {
    char sign = charAt(position);
    boolean signed = sign == '-' || sign == '+' && end == Kind.BLOCK_END;
    if (!source.startsWith(close, signed ? position + 1 : position)) {
      return false;
    }
    add(end, "", position);
    position += signed ? 3 : 2;
    if (end == Kind.BLOCK_END) {
      afterBlock(sign);
    } else if (signed) {
      skipSpace();
      lineStarts = source.charAt(position - 1) == '\n';
    }
    return true;
  }

  private void token(StringBuilder open) {
    int start = position;
    char c = source.charAt(start);
    if (c >= '0' && c <= '9') {
      number();
    } else if (c == '"' || c == '\'') {
      string(c);
    } else if (Character.isUnicodeIdentifierStart(source.codePointAt(start)) || c == '_') {
      int end = start;
      while (end < source.length()
          && Character.isUnicodeIdentifierPart(source.codePointAt(end))
          && !Character.isIdentifierIgnorable(source.codePointAt(end))) {
        end += Character.charCount(source.codePointAt(end));
      }
      position = end;
      add(Kind.NAME, source.substring(start, end), start);
    } else {
      operator(open);
    }
  }

  private void operator(StringBuilder open) {
    int start = position;
    char c = source.charAt(start);
    int length = 1;
    for (String pair : List.of("//", "**", "==", "!=", ">=", "<=")) {
      if (source.startsWith(pair, start)) {
        length = 2;
      }
    }
    String operator = source.substring(start, start + length);
    if (length == 1 && "+-/*%~[](){}><=.:|,;".indexOf(c) < 0) {
      throw error("unexpected character '" + c + "'", start);
    }
    int bracket = "([{".indexOf(c);
    if (bracket >= 0) {
      open.append(")]}".charAt(bracket));
    } else if (")]}".indexOf(c) >= 0) {
      if (open.isEmpty() || open.charAt(open.length() - 1) != c) {
        throw error("unexpected '" + c + "'", start);
      }
      open.setLength(open.length() - 1);
    }
    position = start + length;
    add(Kind.OPERATOR, operator, start);
  }

  private void number() {
    int start = position;
    Literals.Number number =
        Literals.number(source, start, start > 0 && source.charAt(start - 1) == '.');
    position = number.end();
    add(number.isFloat() ? Kind.FLOAT : Kind.INTEGER, number.digits(), start);
  }

  private void string(char quote) {
    int end = position + 1;
    while (end < source.length() && source.charAt(end) != quote) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      throw error("the string has no end", position);
    }
    String body = source.substring(position + 1, end);
    try {
      add(Kind.STRING, Literals.unescape(body), position);
    } catch (TemplateError e) {
      throw error(e.describe(), position);
    }
    position = end + 1;
  }

  private void skipSpace() {
    while (position < source.length() && Characters.isSpace(source.charAt(position))) {
      position++;
    }
  }

  private char charAt(int index) {
    return index < source.length() ? source.charAt(index) : '\0';
  }

  private void add(Kind kind, String text, int start) {
    tokens.add(new Token(kind, text, lineAt(start)));
  }

  private int lineAt(int index) {
    for (; countedTo < index; countedTo++) {
      line += source.charAt(countedTo) == '\n' ? 1 : 0;
    }
    return line;
  }

  private TemplateError error(String message, int index) {
    return TemplateError.syntax(message, lineAt(index));
  }
}
