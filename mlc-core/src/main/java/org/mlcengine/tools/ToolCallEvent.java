package org.mlcengine.tools;

/** What a piece of a reply turned out to be. */
public sealed interface ToolCallEvent {
  /**
   * Text for the reader.
   *
   * @param text never empty
   */
  record Text(String text) implements ToolCallEvent {}

  /**
   * A call begins.
   *
   * @param index its place among the reply's calls, from 0
   * @param id names the call
   * @param name the function's name
   */
  record CallBegin(int index, String id, String name) implements ToolCallEvent {}

  /**
   * More of a call's arguments.
   *
   * @param index the call's place
   * @param json what to append; all of a call's pieces are JSON text of an object
   */
  record Arguments(int index, String json) implements ToolCallEvent {}

  /**
   * A call ends.
   *
   * @param index the call's place
   * @param complete whether its arguments are complete; if not, the reply was cut there, or went on
   *     with something that is not JSON, which follows as text
   */
  record CallEnd(int index, boolean complete) implements ToolCallEvent {}
}
