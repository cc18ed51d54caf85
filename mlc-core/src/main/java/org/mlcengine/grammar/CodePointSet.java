package org.mlcengine.grammar;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** An immutable set of Unicode scalar values, as sorted ranges that neither meet nor overlap. */
record CodePointSet(List<Range> ranges) {
  /** From {@code first} to {@code last}, both included. */
  record Range(int first, int last) {}

  /** Every scalar value: surrogates are none. */
  static final CodePointSet ALL = of(0, 0xD7FF, 0xE000, Character.MAX_CODE_POINT);

  /** What a JSON string holds without an escape. */
  static final CodePointSet JSON = ALL.minus(of(0, 0x1F, '"', '"', '\\', '\\'));

  static final CodePointSet DIGITS = of('0', '9');
  static final CodePointSet WORD = of('0', '9', 'A', 'Z', '_', '_', 'a', 'z');
  static final CodePointSet SPACE =
      of(9, 13, 32, 32, 0xA0, 0xA0, 0x1680, 0x1680, 0x2000, 0x200A, 0x2028, 0x2029)
          .plus(of(0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000, 0xFEFF, 0xFEFF));
  static final CodePointSet LINE_ENDS = of(10, 10, 13, 13, 0x2028, 0x2029);

  private static final List<CodePointSet> UTF8_LENGTHS =
      List.of(
          of(0, 0x7F), of(0x80, 0x7FF), of(0x800, 0xFFFF), of(0x10000, Character.MAX_CODE_POINT));

  /** Pairs of first and last values. */
  static CodePointSet of(int... bounds) {
    List<Range> ranges = new ArrayList<>();
    for (int i = 0; i < bounds.length; i += 2) {
      ranges.add(new Range(bounds[i], bounds[i + 1]));
    }
    return joined(ranges);
  }

  CodePointSet plus(CodePointSet other) {
    List<Range> all = new ArrayList<>(ranges);
    all.addAll(other.ranges);
    return joined(all);
  }

  CodePointSet minus(CodePointSet other) {
    return intersect(other.complement());
  }

  /** Every other scalar value. */
  CodePointSet complement() {
    List<Range> gaps = new ArrayList<>();
    int next = 0;
    for (Range range : ranges) {
      if (range.first > next) {
        gaps.add(new Range(next, range.first - 1));
      }
      next = range.last + 1;
    }
    if (next <= Character.MAX_CODE_POINT) {
      gaps.add(new Range(next, Character.MAX_CODE_POINT));
    }
    return new CodePointSet(gaps).intersect(ALL);
  }

  CodePointSet intersect(CodePointSet other) {
    List<Range> common = new ArrayList<>();
    for (Range a : ranges) {
      for (Range b : other.ranges) {
        int first = Math.max(a.first, b.first);
        int last = Math.min(a.last, b.last);
        if (first <= last) {
          common.add(new Range(first, last));
        }
      }
    }
    return joined(common);
  }

  boolean contains(int c) {
    return ranges.stream().anyMatch(r -> r.first <= c && c <= r.last);
  }

  boolean isEmpty() {
    return ranges.isEmpty();
  }

  /**
   * The set in parts, one for each length of a character in UTF-8. XGrammar's automaton of a range
   * from shorter to longer characters also takes overlong forms, which are no UTF-8.
   */
  List<CodePointSet> byUtf8Length() {
    List<CodePointSet> parts = new ArrayList<>();
    for (CodePointSet length : UTF8_LENGTHS) {
      CodePointSet part = intersect(length);
      if (!part.isEmpty()) {
        parts.add(part);
      }
    }
    return parts;
  }

  /** The set as a class of XGrammar's EBNF. */
  String toEbnf() {
    StringBuilder out = new StringBuilder("[");
    for (CodePointSet part : byUtf8Length()) {
      for (Range range : part.ranges) {
        out.append(GrammarText.escape(range.first));
        if (range.last > range.first) {
          out.append('-').append(GrammarText.escape(range.last));
        }
      }
    }
    return out.append(']').toString();
  }

  private static CodePointSet joined(List<Range> ranges) {
    List<Range> sorted = new ArrayList<>(ranges);
    sorted.sort(Comparator.comparingInt(Range::first));
    List<Range> out = new ArrayList<>();
    for (Range range : sorted) {
      Range last = out.isEmpty() ? null : out.getLast();
      if (last != null && range.first <= last.last + 1) {
        out.set(out.size() - 1, new Range(last.first, Math.max(last.last, range.last)));
      } else {
        out.add(range);
      }
    }
    return new CodePointSet(List.copyOf(out));
  }
}
