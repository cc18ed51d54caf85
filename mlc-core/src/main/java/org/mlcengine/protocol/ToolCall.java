package org.mlcengine.protocol;

/**
 * A call that an assistant message asks for. The caller answers it with {@link
 * ChatMessage#tool(String, String)}.
 *
 * @param id names the call, for its answer
 * @param function what to call
 */
public record ToolCall(String id, FunctionCall function) {
  /** Creates a call of a function with arguments, which are JSON text of an object. */
  public static ToolCall of(String id, String name, String arguments) {
    return new ToolCall(id, new FunctionCall(name, arguments));
  }
}
