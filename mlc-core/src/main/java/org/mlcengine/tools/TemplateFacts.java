package org.mlcengine.tools;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.mlcengine.conversation.Conversation;
import org.mlcengine.protocol.Role;

/**
 * What a prompt template has a place for.
 *
 * @param systemMessage the system text of a request that brings none
 * @param hasSystem whether system messages are shown to the model
 * @param hasToolRole whether there are messages of the role tool
 * @param marksResults whether the template itself marks results as such
 * @param rendersTools whether it describes functions
 * @param leavesMarksOut whether it has a place for the functions' text and no marks of Mistral's
 *     around it
 * @param rendersCalls whether it writes calls and their results
 */
record TemplateFacts(
    String systemMessage,
    boolean hasSystem,
    boolean hasToolRole,
    boolean marksResults,
    boolean rendersTools,
    boolean leavesMarksOut,
    boolean rendersCalls) {

  private static final String FUNCTIONS = "{function_string}";
  private static final String MARK = "[AVAILABLE_TOOLS]";
  private static final Pattern TOOLS = Pattern.compile("\\btools\\b");

  static TemplateFacts of(Conversation conversation) {
    List<String> places =
        Stream.concat(
                Stream.of(conversation.systemTemplate()),
                conversation.roleTemplates().values().stream())
            .filter(text -> text.contains(FUNCTIONS))
            .toList();
    return new TemplateFacts(
        conversation.systemMessage(),
        conversation.systemTemplate().contains("{system_message}"),
        conversation.roles().containsKey(Role.TOOL),
        conversation.roleTemplates().getOrDefault(Role.TOOL, "").contains("[TOOL_RESULTS]"),
        !places.isEmpty(),
        !places.isEmpty() && places.stream().noneMatch(text -> text.contains(MARK)),
        false);
  }

  static TemplateFacts ofChatTemplate(String source) {
    boolean calls = source.contains("tool_calls");
    return new TemplateFacts(
        "",
        !source.contains("System role not supported"),
        calls,
        calls,
        TOOLS.matcher(source).find(),
        false,
        calls);
  }
}
