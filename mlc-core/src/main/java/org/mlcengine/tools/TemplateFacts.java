package org.mlcengine.tools;

import java.util.regex.Pattern;
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
 * @param rendersCalls whether it writes calls and their results
 */
record TemplateFacts(
    String systemMessage,
    boolean hasSystem,
    boolean hasToolRole,
    boolean marksResults,
    boolean rendersTools,
    boolean rendersCalls) {

  private static final String FUNCTIONS = "{function_string}";
  private static final Pattern TOOLS = Pattern.compile("\\btools\\b");

  static TemplateFacts of(Conversation conversation) {
    boolean functions =
        conversation.systemTemplate().contains(FUNCTIONS)
            || conversation.roleTemplates().values().stream().anyMatch(t -> t.contains(FUNCTIONS));
    return new TemplateFacts(
        conversation.systemMessage(),
        conversation.systemTemplate().contains("{system_message}"),
        conversation.roles().containsKey(Role.TOOL),
        conversation.roleTemplates().getOrDefault(Role.TOOL, "").contains("[TOOL_RESULTS]"),
        functions,
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
        calls);
  }
}
