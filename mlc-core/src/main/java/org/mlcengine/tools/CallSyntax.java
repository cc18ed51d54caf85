package org.mlcengine.tools;

import java.util.List;
import java.util.function.BiFunction;

/**
 * Where calls begin and end in a family's replies.
 *
 * @param markers begin calls; a character that one begins with is found nowhere else in it, unless
 *     a line must begin with it
 * @param markersInLines whether markers count anywhere, not only where a line begins
 * @param openings characters that begin a call themselves, where a line begins
 * @param bareNames whether a name begins a call where the reply begins
 * @param endings may follow calls
 * @param separators may stand between calls, beside white space
 * @param knownNames whether only names of the request's functions make a call
 * @param readers make a reader of what follows a marker, or follows nothing if a character of its
 *     own begins calls
 */
record CallSyntax(
    List<String> markers,
    boolean markersInLines,
    String openings,
    boolean bareNames,
    List<String> endings,
    String separators,
    boolean knownNames,
    BiFunction<String, CallSink, CallReader> readers) {

  static final CallSyntax HERMES =
      marked(List.of("<tool_call>"), List.of("</tool_call>"), (m, s) -> new JsonCallsReader(s));
  static final CallSyntax TAGGED =
      marked(
          List.of("<tool_call>", TaggedCallReader.FUNCTION),
          List.of("</tool_call>"),
          (m, s) -> new TaggedCallReader(s, m));
  static final CallSyntax MISTRAL =
      marked(List.of("[TOOL_CALLS]"), List.of(), (m, s) -> new NamedCallReader(s));
  static final CallSyntax DEEPSEEK =
      marked(
          List.of(DeepSeekReader.CALLS_BEGIN, DeepSeekReader.CALL_BEGIN),
          List.of(),
          (m, s) -> new DeepSeekReader(s, m));
  static final CallSyntax LLAMA =
      new CallSyntax(
          List.of("<|python_tag|>"),
          true,
          "{[",
          false,
          List.of(),
          ";,",
          true,
          (m, s) -> new JsonCallsReader(s));
  static final CallSyntax GEMMA =
      new CallSyntax(
          List.of("```json", "```tool_code", "```tool_call"),
          false,
          "{[",
          false,
          List.of("```"),
          ";,",
          true,
          (m, s) -> new JsonCallsReader(s));
  static final CallSyntax PYTHON =
      new CallSyntax(
          List.of(), true, "[", true, List.of(), "", true, (m, s) -> new PythonCallsReader(s));

  private static CallSyntax marked(
      List<String> markers,
      List<String> endings,
      BiFunction<String, CallSink, CallReader> readers) {
    return new CallSyntax(markers, true, "", false, endings, "", false, readers);
  }
}
