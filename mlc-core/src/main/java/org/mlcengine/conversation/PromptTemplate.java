package org.mlcengine.conversation;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolChoice;

/** Makes a prompt of a conversation. Safe for use by many threads. */
public sealed interface PromptTemplate permits Conversation, JinjaConversation {
  /**
   * Makes the prompt that lets the assistant answer.
   *
   * @param messages the conversation so far
   * @param tools what the model may call
   * @param choice how it chooses; with {@link ToolChoice.None}, the prompt has no tools, with
   *     {@link ToolChoice.Named} only the one
   * @throws org.mlcengine.errors.InvalidRequestException if the template cannot express the
   *     messages
   */
  Prompt render(List<ChatMessage> messages, List<Tool> tools, ToolChoice choice);

  /** Returns the texts that end a reply; none is empty. */
  List<String> stopStrings();

  /** Returns the tokens that end a reply. */
  List<Integer> stopTokenIds();

  /**
   * Chooses the template of a model: that of its config, unless the model's own is preferred or the
   * config names none that exists.
   *
   * @param convTemplate the config's {@code conv_template}; null or missing if it has none
   * @param folder the model folder, which may hold the model's own template
   * @param preferOwn whether the model's own template is used even if the config has one
   * @param eosTokenIds the config's {@code eos_token_id}, which ends replies with the own template
   * @param clock what the own template reads the date from
   * @throws ModelLoadException if there is no template of the kind that is wanted, or it is
   *     malformed
   */
  static PromptTemplate choose(
      JsonNode convTemplate,
      Path folder,
      boolean preferOwn,
      List<Integer> eosTokenIds,
      Clock clock) {
    boolean named =
        convTemplate.isTextual()
            ? ConversationRegistry.names().contains(convTemplate.textValue())
            : convTemplate.isObject() && !convTemplate.isEmpty();
    if (named && !preferOwn) {
      return Conversation.of(convTemplate);
    }
    Optional<JinjaConversation> own = JinjaConversation.read(folder, eosTokenIds, clock);
    if (own.isPresent()) {
      return named ? own.get().withStopsOf(Conversation.of(convTemplate)) : own.get();
    }
    if (preferOwn) {
      throw new ModelLoadException(
          folder
              + ": expected the model's own chat template in chat_template.jinja,"
              + " tokenizer_config.json or chat_template.json, found none. Use the config's"
              + " conversation template instead.");
    }
    return Conversation.of(convTemplate);
  }
}
