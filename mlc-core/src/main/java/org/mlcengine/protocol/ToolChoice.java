package org.mlcengine.protocol;

/** Whether the model calls functions. */
public sealed interface ToolChoice {
  /** It answers with text. */
  record None() implements ToolChoice {}

  /** It decides by itself. */
  record Auto() implements ToolChoice {}

  /** It calls at least one function. */
  record Required() implements ToolChoice {}

  /**
   * It calls one certain function.
   *
   * @param name the function's name, one of the request's tools
   */
  record Named(String name) implements ToolChoice {}

  /** Returns the choice to answer with text. */
  static ToolChoice none() {
    return new None();
  }

  /** Returns the choice to leave it to the model. */
  static ToolChoice auto() {
    return new Auto();
  }

  /** Returns the choice to call at least one function. */
  static ToolChoice required() {
    return new Required();
  }

  /** Returns the choice to call one certain function. */
  static ToolChoice named(String name) {
    return new Named(name);
  }
}
