package org.mlcengine.tools;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mlcengine.errors.InvalidRequestException;

/** How models of one kind write calls. */
public enum ToolFamily {
  /**
   * Hermes, Qwen 2.5 and Qwen 3: {@code <tool_call>}, a JSON object with {@code name} and {@code
   * arguments}, {@code </tool_call>}.
   */
  HERMES(CallSyntax.HERMES),
  /**
   * Qwen3-Coder and Qwen 3.5: {@code <tool_call>}, the function and each argument in tags, {@code
   * </tool_call>}.
   */
  QWEN3_CODER(CallSyntax.TAGGED),
  /** Llama 3.1 and later: a JSON object with {@code name} and {@code parameters}. */
  LLAMA(CallSyntax.LLAMA),
  /** Mistral until 2024: {@code [TOOL_CALLS]} and a JSON array of calls. */
  MISTRAL(CallSyntax.MISTRAL),
  /** Mistral since 2025: {@code [TOOL_CALLS]name[ARGS]{...}}. */
  MISTRAL_ARGS(CallSyntax.MISTRAL),
  /** DeepSeek V3 and R1: marks of their own around a name and fenced arguments. */
  DEEPSEEK(CallSyntax.DEEPSEEK),
  /** DeepSeek V3.1: the same marks around a name and bare arguments. */
  DEEPSEEK_V3_1(CallSyntax.DEEPSEEK),
  /** Gemma 2 and 3: a JSON object with {@code name} and {@code parameters}, fenced or not. */
  GEMMA(CallSyntax.GEMMA),
  /** Gorilla and MLC's own form: a list of calls as Python writes them. */
  PYTHON(CallSyntax.PYTHON),
  /** Models that have not learnt any: the form of {@link #HERMES}, explained. */
  GENERIC(CallSyntax.HERMES);

  private final CallSyntax syntax;

  ToolFamily(CallSyntax syntax) {
    this.syntax = syntax;
  }

  /**
   * Returns the family of a name, in any case.
   *
   * @throws InvalidRequestException if there is none; the message lists those that exist
   */
  public static ToolFamily named(String name) {
    for (ToolFamily family : values()) {
      if (family.name().equalsIgnoreCase(name)) {
        return family;
      }
    }
    throw new InvalidRequestException(
        "tool_format",
        "expected one of %s, found \"%s\""
            .formatted(
                Arrays.stream(values())
                    .map(f -> f.name().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(", ")),
                name));
  }

  /**
   * Finds the family of a model. Its conversation template's name counts first, then its own chat
   * template, which also tells the older form of a family from the newer, then its type; {@link
   * #GENERIC} if none tells.
   *
   * @param conversation the name of MLC's conversation template, or an empty text
   * @param chatTemplate the model's own chat template in Jinja, or an empty text
   * @param modelType the {@code model_type} of its configuration, or an empty text
   */
  public static ToolFamily detect(String conversation, String chatTemplate, String modelType) {
    return ofConversation(conversation)
        .map(family -> family.variant(ofChatTemplate(chatTemplate)))
        .or(() -> ofChatTemplate(chatTemplate))
        .or(() -> ofModelType(modelType))
        .orElse(GENERIC);
  }

  /** Returns texts that calls and what belongs to them are marked with. */
  List<String> markers() {
    return switch (this) {
      case HERMES, QWEN3_CODER, GENERIC -> List.of("<tool_call>", "</tool_call>");
      case LLAMA -> List.of("<|python_tag|>");
      case MISTRAL -> List.of("[TOOL_CALLS]");
      case MISTRAL_ARGS -> List.of("[TOOL_CALLS]", "[CALL_ID]", "[ARGS]");
      case DEEPSEEK, DEEPSEEK_V3_1 ->
          List.of(
              DeepSeekReader.CALLS_BEGIN,
              DeepSeekReader.CALL_BEGIN,
              DeepSeekReader.SEPARATOR,
              DeepSeekReader.CALL_END,
              DeepSeekReader.CALLS_END);
      case GEMMA, PYTHON -> List.of();
    };
  }

  /** Tells whether marks of its own stand around the list of functions. */
  boolean marksDefinitions() {
    return this == MISTRAL || this == MISTRAL_ARGS;
  }

  CallSyntax syntax() {
    return syntax;
  }

  /** Returns the other one if both are forms of one family, whose names of old cannot tell. */
  private ToolFamily variant(Optional<ToolFamily> other) {
    return other
        .filter(
            o ->
                switch (this) {
                  case HERMES -> o == QWEN3_CODER;
                  case MISTRAL -> o == MISTRAL_ARGS;
                  case DEEPSEEK -> o == DEEPSEEK_V3_1;
                  default -> false;
                })
        .orElse(this);
  }

  private static Optional<ToolFamily> ofConversation(String name) {
    if (name.startsWith("ministral3")) {
      return Optional.of(MISTRAL_ARGS);
    }
    if (name.startsWith("qwen3_5")) {
      return Optional.of(QWEN3_CODER);
    }
    if (name.startsWith("qwen") || name.contains("hermes")) {
      return name.equals("qwen") ? Optional.empty() : Optional.of(HERMES);
    }
    if (name.startsWith("gorilla")) {
      return Optional.of(PYTHON);
    }
    if (name.startsWith("gemma")) {
      return Optional.of(GEMMA);
    }
    return switch (name) {
      case "llama-3_1", "llama-4" -> Optional.of(LLAMA);
      case "mistral_default" -> Optional.of(MISTRAL);
      case "deepseek_v3", "deepseek_r1_qwen", "deepseek_r1_llama" -> Optional.of(DEEPSEEK);
      default -> Optional.empty();
    };
  }

  private static Optional<ToolFamily> ofChatTemplate(String template) {
    if (template.contains("[TOOL_CALLS]")) {
      return Optional.of(template.contains("[ARGS]") ? MISTRAL_ARGS : MISTRAL);
    }
    if (template.contains(DeepSeekReader.CALLS_BEGIN)) {
      return Optional.of(template.contains("```json") ? DEEPSEEK : DEEPSEEK_V3_1);
    }
    if (template.contains(TaggedCallReader.FUNCTION)
        && template.contains(TaggedCallReader.PARAMETER)) {
      return Optional.of(QWEN3_CODER);
    }
    if (template.contains("<tool_call>")) {
      return Optional.of(HERMES);
    }
    if (template.contains("<|python_tag|>")
        || template.contains("ipython") && template.contains("parameters")) {
      return Optional.of(LLAMA);
    }
    return template.contains("<start_of_turn>") ? Optional.of(GEMMA) : Optional.empty();
  }

  private static Optional<ToolFamily> ofModelType(String type) {
    if (type.startsWith("qwen3_5")) {
      return Optional.of(QWEN3_CODER);
    }
    if (type.startsWith("qwen2") || type.startsWith("qwen3")) {
      return Optional.of(HERMES);
    }
    if (type.startsWith("gemma")) {
      return Optional.of(GEMMA);
    }
    return switch (type) {
      case "mistral", "mixtral" -> Optional.of(MISTRAL);
      case "mistral3", "ministral3" -> Optional.of(MISTRAL_ARGS);
      case "deepseek_v3" -> Optional.of(DEEPSEEK);
      default -> Optional.empty();
    };
  }
}
