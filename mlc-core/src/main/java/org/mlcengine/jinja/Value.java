package org.mlcengine.jinja;

import java.math.BigInteger;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A value of a template, with Python's equality: numbers and truth values compare by value, lists
 * and tuples differ.
 */
sealed interface Value
    permits Value.None,
        Value.Bool,
        Value.Int,
        Value.Float,
        Value.Text,
        Value.Items,
        Value.Dict,
        Value.View,
        Value.Undefined,
        Value.Namespace,
        Value.Function,
        Generator,
        Loop {

  Value NONE = new None();
  Bool TRUE = new Bool(true);
  Bool FALSE = new Bool(false);
  Text EMPTY = new Text("", false);

  static Bool of(boolean value) {
    return value ? TRUE : FALSE;
  }

  static Int of(long value) {
    return new Int(BigInteger.valueOf(value));
  }

  static Text of(String value) {
    return value.isEmpty() ? EMPTY : new Text(value, false);
  }

  static Items list(List<Value> values) {
    return new Items(values, false);
  }

  static Items tuple(Value... values) {
    return new Items(List.of(values), true);
  }

  static Undefined undefined(String message) {
    return new Undefined(message);
  }

  /** Returns the value's size in elements and blocks of characters, which bounds work on it. */
  static long size(Value value) {
    return switch (value) {
      case Text text -> 1 + text.text().length() / 32;
      case Items items -> items.size;
      case Dict dict -> dict.size;
      case View view -> view.values().size();
      default -> 1;
    };
  }

  /** Returns how much work it is to go over a value, but not into the values that it holds. */
  static long cost(Value value) {
    return switch (value) {
      case Items items -> 1 + items.values().size();
      case Dict dict -> 1 + dict.entries().size();
      default -> size(value);
    };
  }

  private static int depth(Value value) {
    return switch (value) {
      case Items items -> items.depth;
      case Dict dict -> dict.depth;
      default -> 0;
    };
  }

  private static int depthAbove(Collection<Value> values) {
    int depth = 0;
    for (Value value : values) {
      depth = Math.max(depth, depth(value));
    }
    if (depth >= Budget.MAX_NESTING) {
      throw new TemplateError(
          "lists and dicts go deeper than " + Budget.MAX_NESTING + " levels within each other");
    }
    return depth + 1;
  }

  private static long sizeOf(Collection<Value> values) {
    long size = 1;
    for (Value value : values) {
      size += size(value);
    }
    if (size > Budget.MAX_SIZE) {
      throw new TemplateError("a list or dict has more than " + Budget.MAX_SIZE + " elements");
    }
    return size;
  }

  /** Python's {@code None}. */
  record None() implements Value {}

  /** A value that compares as a number. */
  private static boolean sameNumber(Value a, Object other) {
    return other instanceof Value b
        && Numbers.isNumber(a)
        && Numbers.isNumber(b)
        && Numbers.compare(a, b) == 0;
  }

  /** True or false. */
  record Bool(boolean value) implements Value {
    @Override
    public boolean equals(Object other) {
      return sameNumber(this, other);
    }

    @Override
    public int hashCode() {
      return Double.hashCode(value ? 1.0 : 0.0);
    }
  }

  /** An integer. */
  record Int(BigInteger value) implements Value {
    /** The longest integer, in bits; Python writes no longer ones either. */
    static final int MAX_BITS = 14_000;

    public Int {
      if (value.bitLength() > MAX_BITS) {
        throw new TemplateError("an integer has more than " + MAX_BITS + " bits");
      }
    }

    @Override
    public boolean equals(Object other) {
      return sameNumber(this, other);
    }

    @Override
    public int hashCode() {
      return Double.hashCode(value.doubleValue());
    }
  }

  /** A floating-point number. */
  record Float(double value) implements Value {
    @Override
    public boolean equals(Object other) {
      return sameNumber(this, other);
    }

    @Override
    public int hashCode() {
      return Double.hashCode(value + 0.0);
    }
  }

  /**
   * A text.
   *
   * @param safe whether it is HTML, so that a text joined to it is escaped
   */
  record Text(String text, boolean safe) implements Value, Comparable<Text> {
    public Text {
      Budget.checkText(text.length());
    }

    /** Orders texts, so that a hash table of many texts with one hash stays fast. */
    @Override
    public int compareTo(Text other) {
      return text.compareTo(other.text);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Text that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
      return text.hashCode();
    }
  }

  /** A list or a tuple. */
  final class Items implements Value {
    private final List<Value> values;
    private final boolean tuple;
    private final int depth;
    private final long size;

    Items(List<Value> values, boolean tuple) {
      this.values = values;
      this.tuple = tuple;
      this.depth = depthAbove(values);
      this.size = sizeOf(values);
    }

    List<Value> values() {
      return values;
    }

    boolean tuple() {
      return tuple;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Items that && tuple == that.tuple && values.equals(that.values);
    }

    @Override
    public int hashCode() {
      return values.hashCode();
    }
  }

  /** A dict. */
  final class Dict implements Value {
    private final Map<Value, Value> entries;
    private final int depth;
    private final long size;

    Dict(Map<Value, Value> entries) {
      this.entries = entries;
      this.depth = depthAbove(entries.values());
      this.size = sizeOf(entries.values()) + sizeOf(entries.keySet());
    }

    Map<Value, Value> entries() {
      return entries;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Dict that && entries.equals(that.entries);
    }

    @Override
    public int hashCode() {
      return entries.hashCode();
    }
  }

  /**
   * The keys, values or items of a dict, or a range.
   *
   * @param name the name of the Python type
   */
  record View(String name, List<Value> values) implements Value {}

  /**
   * A value that is missing. It is empty and false, and most other uses are errors.
   *
   * @param message what is missing
   */
  record Undefined(String message) implements Value {
    @Override
    public boolean equals(Object other) {
      return other instanceof Undefined;
    }

    @Override
    public int hashCode() {
      return 0;
    }
  }

  /** An object with attributes that a template may set. */
  final class Namespace implements Value {
    private final Map<String, Value> attributes = new LinkedHashMap<>();

    Map<String, Value> attributes() {
      return attributes;
    }
  }

  /** What a call does. */
  interface Body {
    Value call(Evaluator evaluator, Arguments arguments);
  }

  /** A function, a method with its object, or a macro. */
  final class Function implements Value {
    private final String name;
    private final Body body;

    Function(String name, Body body) {
      this.name = Objects.requireNonNull(name);
      this.body = body;
    }

    String name() {
      return name;
    }

    Value call(Evaluator evaluator, Arguments arguments) {
      return body.call(evaluator, arguments);
    }
  }
}
