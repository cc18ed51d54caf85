package org.mlcengine;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mlcengine.conversation.Conversation;
import org.mlcengine.conversation.JinjaConversation;
import org.mlcengine.conversation.Prompt;
import org.mlcengine.conversation.PromptTemplate;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.grammar.GrammarSpec;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.protocol.ToolChoice;
import org.mlcengine.tools.ToolCallParser;
import org.mlcengine.tools.ToolFormat;
import org.mlcengine.tools.ToolPrompt;
import org.mlcengine.tools.ToolReply;

/** A model's way with tools, which is found out when the first request has some. */
final class ModelTools {
  private static final int ID_BYTES = 12;

  private final PromptTemplate template;
  private final Path folder;
  private final String modelType;
  private final SecureRandom random;
  private volatile @Nullable ToolFormat format;

  ModelTools(PromptTemplate template, Path folder, String modelType, SecureRandom random) {
    this.template = template;
    this.folder = folder;
    this.modelType = modelType;
    this.random = random;
  }

  /** Returns whether a reply may have calls. */
  static boolean mayCall(ChatCompletionCreateParams params) {
    return !params.tools().isEmpty() && !(params.toolChoice() instanceof ToolChoice.None);
  }

  /** Returns whether the conversation has calls or may get some. */
  static boolean concern(ChatCompletionCreateParams params) {
    return mayCall(params)
        || params.messages().stream()
            .anyMatch(
                message -> !message.toolCalls().isEmpty() || message.toolCallId().isPresent());
  }

  private ToolFormat format() {
    ToolFormat known = format;
    if (known == null) {
      known = find();
      format = known;
    }
    return known;
  }

  /** Returns the prompt of a conversation that has calls or may get some. */
  Prompt prompt(ChatCompletionCreateParams params) {
    ToolPrompt told = format().prompt(params.messages(), params.tools(), params.toolChoice());
    PromptTemplate used =
        template instanceof Conversation conversation && told.functions().isPresent()
            ? conversation.withFunctionString(told.functions().get())
            : template;
    return used.render(told.messages(), told.tools(), params.toolChoice());
  }

  /**
   * Returns the form of a reply that may have calls; empty if it may be anything.
   *
   * @param prompt the prompt's text
   * @throws InvalidRequestException if the reply may be a call or something of another form
   */
  Optional<GrammarSpec> form(ChatCompletionCreateParams params, String prompt) {
    boolean structured = params.responseFormat().flatMap(Grammars::spec).isPresent();
    if (structured && params.toolChoice() instanceof ToolChoice.Auto) {
      throw new InvalidRequestException(
          "response_format",
          "expected text where the model chooses between a call and an answer; set tool_choice to"
              + " \"none\" for an answer of this form, or to \"required\" for a call");
    }
    return format()
        .grammar(params.tools(), params.toolChoice(), params.parallelToolCalls(), prompt)
        .map(calls -> calls);
  }

  /** Returns what takes a reply apart piece by piece. */
  ToolCallParser parser(ChatCompletionCreateParams params) {
    return format().parser(params.tools(), params.toolChoice(), this::newId);
  }

  /**
   * Takes a whole reply apart.
   *
   * @param cut whether a limit ended it
   */
  ToolReply parse(ChatCompletionCreateParams params, String reply, boolean cut) {
    return format().parse(reply, cut, params.tools(), params.toolChoice(), this::newId);
  }

  /**
   * Returns why a reply with or without calls has ended.
   *
   * @param reason why its text has ended
   */
  static FinishReason reason(FinishReason reason, boolean calls) {
    return calls && reason == FinishReason.STOP ? FinishReason.TOOL_CALLS : reason;
  }

  private ToolFormat find() {
    return switch (template) {
      case JinjaConversation own -> ToolFormat.ofChatTemplate(own.source(), modelType);
      case Conversation conversation ->
          ToolFormat.of(
              conversation,
              JinjaConversation.read(folder, List.of(), Clock.systemDefaultZone())
                  .map(JinjaConversation::source)
                  .orElse(""),
              modelType);
    };
  }

  private String newId() {
    byte[] unique = new byte[ID_BYTES];
    random.nextBytes(unique);
    return "call_" + HexFormat.of().formatHex(unique);
  }
}
