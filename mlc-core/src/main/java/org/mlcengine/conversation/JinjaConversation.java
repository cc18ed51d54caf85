package org.mlcengine.conversation;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.jinja.ChatTemplate;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolCall;
import org.mlcengine.protocol.ToolChoice;

/**
 * A model's own chat template: the {@code chat_template} that its publisher wrote in Jinja. Special
 * tokens such as a BOS are part of the text that it renders, so nothing comes before it.
 */
public final class JinjaConversation implements PromptTemplate {
  private static final String DEFAULT = "default";

  private final ModelChatTemplates model;
  private final List<String> stopStrings;
  private final List<Integer> stopTokenIds;
  private final Clock clock;

  private JinjaConversation(
      ModelChatTemplates model, List<String> stopStrings, List<Integer> stopTokenIds, Clock clock) {
    this.model = model;
    this.stopStrings = List.copyOf(stopStrings);
    this.stopTokenIds = List.copyOf(stopTokenIds);
    this.clock = clock;
  }

  /**
   * Reads the chat template of a model folder, if it has one: {@code chat_template.jinja}, or
   * {@code chat_template} of {@code tokenizer_config.json} or {@code chat_template.json}.
   *
   * @param eosTokenIds tokens that end a reply
   * @param clock what the template reads the date from
   * @throws org.mlcengine.errors.ModelLoadException if a file is malformed; the message has the
   *     file and, in a template, the line
   */
  public static Optional<JinjaConversation> read(
      Path folder, List<Integer> eosTokenIds, Clock clock) {
    ModelChatTemplates model = ModelChatTemplates.read(folder);
    return model.templates().isEmpty()
        ? Optional.empty()
        : Optional.of(new JinjaConversation(model, List.of(), eosTokenIds, clock));
  }

  /** Returns the same template with the stops of another one added. */
  JinjaConversation withStopsOf(Conversation other) {
    Set<Integer> ids = new LinkedHashSet<>(stopTokenIds);
    ids.addAll(other.stopTokenIds());
    return new JinjaConversation(model, other.stopStrings(), List.copyOf(ids), clock);
  }

  /** Returns the template's source: of several, the one for tools. */
  public String source() {
    return template(true).source();
  }

  @Override
  public List<String> stopStrings() {
    return stopStrings;
  }

  @Override
  public List<Integer> stopTokenIds() {
    return stopTokenIds;
  }

  /**
   * How a message without text and the arguments of a call are given to a template. Most templates
   * take null and objects, but some only join texts.
   */
  private record Form(boolean emptyText, boolean argumentText) {
    static final List<Form> ALL =
        List.of(
            new Form(false, false),
            new Form(true, false),
            new Form(false, true),
            new Form(true, true));
  }

  @Override
  public Prompt render(List<ChatMessage> messages, List<Tool> tools, ToolChoice choice) {
    List<Tool> offered =
        switch (choice) {
          case ToolChoice.None none -> List.of();
          case ToolChoice.Named(String name) ->
              tools.stream().filter(tool -> tool.function().name().equals(name)).toList();
          default -> tools;
        };
    ChatTemplate template = template(!offered.isEmpty());
    boolean calls = messages.stream().anyMatch(message -> !message.toolCalls().isEmpty());
    List<Form> forms = calls ? Form.ALL : List.of(Form.ALL.getFirst());
    List<InvalidRequestException> refusals = new ArrayList<>();
    for (Form form : forms) {
      try {
        ObjectNode variables = variables(messages, offered, form);
        return new Prompt(List.of(), template.render(variables, clock));
      } catch (InvalidRequestException e) {
        refusals.add(e);
      }
    }
    throw refusals.getFirst();
  }

  private ChatTemplate template(boolean withTools) {
    Map<String, ChatTemplate> templates = model.templates();
    ChatTemplate chosen = withTools ? templates.get("tool_use") : null;
    if (chosen == null) {
      chosen = templates.get(DEFAULT);
    }
    if (chosen == null) {
      throw new InvalidRequestException(
          "messages",
          "the model has chat templates only for special uses ("
              + String.join(", ", templates.keySet())
              + "), none is named default. Use an MLC conversation template.");
    }
    return chosen;
  }

  private ObjectNode variables(List<ChatMessage> messages, List<Tool> tools, Form form) {
    ObjectNode variables = model.tokens().deepCopy();
    ArrayNode list = variables.putArray("messages");
    Map<String, String> functions = new HashMap<>();
    for (ChatMessage message : messages) {
      message.toolCalls().forEach(call -> functions.put(call.id(), call.function().name()));
      add(list.addObject(), message, functions, form);
    }
    if (tools.isEmpty()) {
      variables.putNull("tools");
    } else {
      ArrayNode offered = variables.putArray("tools");
      tools.forEach(tool -> offered.add(ToolJson.tool(tool)));
    }
    variables.putNull("documents");
    variables.put("add_generation_prompt", true);
    return variables;
  }

  private static void add(
      ObjectNode json, ChatMessage message, Map<String, String> functions, Form form) {
    json.put("role", message.role().value());
    json.put("content", message.content().orElse(form.emptyText() ? "" : null));
    message
        .name()
        .or(() -> message.toolCallId().map(functions::get))
        .ifPresent(name -> json.put("name", name));
    message.toolCallId().ifPresent(id -> json.put("tool_call_id", id));
    if (!message.toolCalls().isEmpty()) {
      ArrayNode calls = json.putArray("tool_calls");
      message.toolCalls().forEach(call -> add(calls.addObject(), call, form));
    }
  }

  private static void add(ObjectNode json, ToolCall call, Form form) {
    json.put("id", call.id()).put("type", "function");
    ObjectNode function = json.putObject("function");
    String arguments = call.function().arguments();
    function.put("name", call.function().name()).put("arguments", arguments);
    if (!form.argumentText()) {
      ToolJson.object(arguments).ifPresent(object -> function.set("arguments", object));
    }
  }
}
