package org.mlcengine.tools;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.mlcengine.conversation.Conversation;
import org.mlcengine.grammar.GrammarSpec;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolChoice;

/**
 * How one model is told of functions, how it writes calls, and what holds it to them. Immutable.
 *
 * <p>For each request: {@link #prompt} before the prompt template, {@link #grammar} for the
 * sampler, and {@link #parser} or {@link #parse} for the reply. With {@link ToolChoice.None}, or
 * without functions, the prompt describes none, there is no grammar, and all of a reply is text.
 */
public final class ToolFormat {
  private static final Pattern THINKERS = Pattern.compile("qwen3.*|deepseek_r1.*");

  private final ToolFamily family;
  private final TemplateFacts template;
  private final boolean thinks;

  private ToolFormat(ToolFamily family, TemplateFacts template, boolean thinks) {
    this.family = family;
    this.template = template;
    this.thinks = thinks;
  }

  /**
   * Returns the format of a model whose prompts are made with an MLC conversation template.
   *
   * @param chatTemplate the model's own chat template in Jinja, which may tell its family; or an
   *     empty text
   * @param modelType the {@code model_type} of its configuration, or an empty text
   */
  public static ToolFormat of(Conversation conversation, String chatTemplate, String modelType) {
    return new ToolFormat(
        ToolFamily.detect(conversation.name(), chatTemplate, modelType),
        TemplateFacts.of(conversation),
        THINKERS.matcher(conversation.name()).matches() || chatTemplate.contains("<think>"));
  }

  /**
   * Returns the format of a model whose prompts are made with its own chat template.
   *
   * @param chatTemplate the template in Jinja
   * @param modelType the {@code model_type} of its configuration, or an empty text
   */
  public static ToolFormat ofChatTemplate(String chatTemplate, String modelType) {
    return new ToolFormat(
        ToolFamily.detect("", chatTemplate, modelType),
        TemplateFacts.ofChatTemplate(chatTemplate),
        chatTemplate.contains("<think>"));
  }

  /** Returns the same with another family than the one found. */
  public ToolFormat withFamily(ToolFamily other) {
    return new ToolFormat(other, template, thinks);
  }

  /** Returns the family. */
  public ToolFamily family() {
    return family;
  }

  /**
   * Returns texts that calls are marked with, which a model may have as special tokens: a decoder
   * must keep those, and a grammar must know their text.
   */
  public List<String> markers() {
    return family.markers();
  }

  /**
   * Returns what the prompt template is given. A template that writes calls gets the messages
   * almost as they are: Mistral's get ids of nine characters, Llama's one call in a message. For
   * others, calls and results become text as the model would have written and read it; results
   * become messages of the user where the template has no role for them. The functions are
   * described in the messages unless the template does that; where Mistral's has a place for their
   * list alone, they come with the marks around it.
   *
   * @param messages the conversation so far
   * @param tools what the model may call
   * @param choice with {@link ToolChoice.Named}, only that function is described
   */
  public ToolPrompt prompt(List<ChatMessage> messages, List<Tool> tools, ToolChoice choice) {
    List<Tool> offered = offered(tools, choice);
    MessageTexts texts = new MessageTexts(family, template);
    List<ChatMessage> result = messages;
    boolean describe = !offered.isEmpty() && !template.rendersTools();
    if (describe) {
      result = texts.withDefinitions(result, offered);
    }
    if (template.rendersCalls()) {
      result = texts.forChatTemplate(result);
    } else if (result.stream().anyMatch(MessageTexts::isPartOfCalling)) {
      result =
          texts.withoutCalls(
              family == ToolFamily.MISTRAL ? MessageTexts.withShortIds(result) : result);
    }
    if (!offered.isEmpty() && template.leavesMarksOut() && family.marksDefinitions()) {
      String functions = ToolDefinitions.text(family, offered);
      return new ToolPrompt(result, List.of(), Optional.of(functions));
    }
    return new ToolPrompt(result, describe ? List.of() : offered);
  }

  /**
   * Returns the form that a reply must have, if there is one. The family's {@link #markers} may be
   * written as special tokens. {@link ToolChoice.Required} and {@link ToolChoice.Named} let a reply
   * be nothing but calls whose arguments follow the functions' schemas, after a model's thoughts; a
   * named function is called once. {@link ToolChoice.Auto} lets it be text, and holds each call to
   * the family's syntax as soon as its marker has come; it has a form only if a function is strict
   * or calls may not be parallel, and only strict functions are held to their schemas.
   *
   * @param tools what the model may call
   * @param choice how it chooses
   * @param parallel whether it may call several times
   * @param prompt the prompt's text, whose end tells whether the reply begins within thoughts
   * @throws org.mlcengine.errors.InvalidRequestException if the family cannot write a function's
   *     arguments
   */
  public Optional<GrammarSpec.Calls> grammar(
      List<Tool> tools, ToolChoice choice, boolean parallel, String prompt) {
    List<Tool> offered = offered(tools, choice);
    boolean auto = choice instanceof ToolChoice.Auto;
    boolean strict = offered.stream().anyMatch(tool -> tool.function().strict());
    if (offered.isEmpty() || auto && parallel && !strict) {
      return Optional.empty();
    }
    boolean several = parallel && !(choice instanceof ToolChoice.Named);
    ToolGrammar grammar = new ToolGrammar(family, offered, several);
    Set<String> marks = new HashSet<>(markers());
    if (auto) {
      return Optional.of(new GrammarSpec.Calls(grammar.auto(), marks));
    }
    Thoughts thoughts = Thoughts.of(prompt, thinks);
    if (thoughts != Thoughts.NONE) {
      marks.addAll(Thoughts.MARKS);
    }
    return Optional.of(new GrammarSpec.Calls(grammar.required(thoughts), marks));
  }

  /**
   * Returns a parser for one reply.
   *
   * @param ids gives each call its id, for instance {@code call_} and a unique part
   */
  public ToolCallParser parser(List<Tool> tools, ToolChoice choice, Supplier<String> ids) {
    return parser(tools, choice, ids, false);
  }

  /**
   * Takes apart a whole reply. A call whose arguments are not JSON is text, with its marks.
   *
   * @param reply the text
   * @param cut whether the reply was ended by a limit; then a call that it ended within is a call
   *     with the beginning of its arguments
   * @param ids gives each call its id
   */
  public ToolReply parse(
      String reply, boolean cut, List<Tool> tools, ToolChoice choice, Supplier<String> ids) {
    return ToolReply.parse(parser(tools, choice, ids, true), reply, cut);
  }

  private ToolCallParser parser(
      List<Tool> tools, ToolChoice choice, Supplier<String> ids, boolean keepRaw) {
    List<Tool> offered = offered(tools, choice);
    @Nullable CallSyntax syntax = offered.isEmpty() ? null : family.syntax();
    return new ToolCallParser(syntax, offered, ids, keepRaw);
  }

  private static List<Tool> offered(List<Tool> tools, ToolChoice choice) {
    return switch (choice) {
      case ToolChoice.None none -> List.of();
      case ToolChoice.Named(String name) ->
          tools.stream().filter(tool -> tool.function().name().equals(name)).toList();
      case ToolChoice.Auto auto -> tools;
      case ToolChoice.Required required -> tools;
    };
  }
}
