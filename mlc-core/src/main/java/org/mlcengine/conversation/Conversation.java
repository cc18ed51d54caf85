package org.mlcengine.conversation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.Role;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolChoice;

/**
 * An MLC conversation template: the {@code conv_template} of a model's {@code
 * mlc-chat-config.json}.
 *
 * @param name the name in MLC's registry, or what the model's publisher called it; may be empty
 * @param systemTemplate what surrounds the system text, which replaces {@code {system_message}}
 * @param systemMessage the system text of a request that brings none
 * @param systemPrefixTokenIds tokens before everything else
 * @param addRoleAfterSystemMessage whether the first message names its role after a system text
 * @param roles how each role is spelled; a request may use no others
 * @param roleTemplates what surrounds each role's content, which replaces for instance {@code
 *     {user_message}}
 * @param messages messages before those of every request
 * @param separator ends a message
 * @param assistantSeparator ends a message of the assistant
 * @param roleContentSeparator stands between a role and its content
 * @param roleEmptySeparator follows a role whose content is still to come
 * @param stopStrings end a reply; none is empty
 * @param stopTokenIds end a reply
 * @param stripReasoningInHistory whether what the assistant thought before the last user message is
 *     left out
 * @param functionString replaces the last {@code {function_string}}; others vanish
 */
public record Conversation(
    String name,
    String systemTemplate,
    String systemMessage,
    List<Integer> systemPrefixTokenIds,
    boolean addRoleAfterSystemMessage,
    Map<Role, String> roles,
    Map<Role, String> roleTemplates,
    List<ChatMessage> messages,
    String separator,
    String assistantSeparator,
    String roleContentSeparator,
    String roleEmptySeparator,
    List<String> stopStrings,
    List<Integer> stopTokenIds,
    boolean stripReasoningInHistory,
    String functionString)
    implements PromptTemplate {

  /** Copies lists and maps. */
  public Conversation {
    systemPrefixTokenIds = List.copyOf(systemPrefixTokenIds);
    roles = Map.copyOf(roles);
    roleTemplates = Map.copyOf(roleTemplates);
    messages = List.copyOf(messages);
    stopStrings = List.copyOf(stopStrings);
    stopTokenIds = List.copyOf(stopTokenIds);
  }

  /**
   * Reads the {@code conv_template} of a model's config: an object, or in older configs the name of
   * a registered template. Missing fields have MLC's defaults; unknown ones are left aside, as MLC
   * does.
   *
   * @throws org.mlcengine.errors.ModelLoadException if a field has another type or is missing, or
   *     no template has the name; the message lists those that exist
   */
  public static Conversation of(JsonNode template) {
    return template.isTextual()
        ? named(template.textValue())
        : ConversationJson.read(template.path("name").asText(""), template);
  }

  /**
   * Returns a template of MLC's registry, or of an older registry that has the name.
   *
   * @throws org.mlcengine.errors.ModelLoadException if no template has the name; the message lists
   *     those that exist
   */
  public static Conversation named(String name) {
    return ConversationRegistry.get(name);
  }

  /**
   * Makes the prompt that lets the assistant answer. A system message at the front replaces the
   * template's own system text.
   *
   * @throws org.mlcengine.errors.InvalidRequestException if a message has a role that the template
   *     does not know; the message lists those that it does
   */
  public Prompt render(List<ChatMessage> request) {
    return new Prompt(systemPrefixTokenIds, PromptText.of(this, request));
  }

  /** Makes the prompt as {@link #render(List)} does, with the functions that the model may call. */
  @Override
  public Prompt render(List<ChatMessage> request, List<Tool> tools, ToolChoice choice) {
    boolean used = !tools.isEmpty() && !(choice instanceof ToolChoice.None);
    return (used ? withFunctionString(FunctionText.of(tools, choice)) : this).render(request);
  }

  /** Returns the same template with another text in the place of {@code {function_string}}. */
  public Conversation withFunctionString(String text) {
    return new Conversation(
        name,
        systemTemplate,
        systemMessage,
        systemPrefixTokenIds,
        addRoleAfterSystemMessage,
        roles,
        roleTemplates,
        messages,
        separator,
        assistantSeparator,
        roleContentSeparator,
        roleEmptySeparator,
        stopStrings,
        stopTokenIds,
        stripReasoningInHistory,
        text);
  }

  /** Returns whether the template has a place for the functions that the model may call. */
  public boolean hasFunctionString() {
    return systemTemplate.contains(PromptText.FUNCTION)
        || systemMessage.contains(PromptText.FUNCTION)
        || roleTemplates.values().stream().anyMatch(text -> text.contains(PromptText.FUNCTION));
  }
}
