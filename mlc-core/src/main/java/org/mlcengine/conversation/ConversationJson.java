package org.mlcengine.conversation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.Role;

/** Reads MLC's JSON of a conversation template, with MLC's defaults for what is missing or null. */
final class ConversationJson {
  private final JsonNode node;

  private ConversationJson(JsonNode node) {
    this.node = node;
  }

  static Conversation read(String name, JsonNode node) {
    if (!node.isObject()) {
      throw invalid("conv_template", "an object, or a template's name", node);
    }
    return new ConversationJson(node).read(name);
  }

  /** Returns what a role's template has in the place of the content. */
  static String placeholder(Role role) {
    return "{" + role.value() + "_message}";
  }

  private Conversation read(String name) {
    Map<Role, String> roles = byRole("roles");
    if (!roles.containsKey(Role.USER) || !roles.containsKey(Role.ASSISTANT)) {
      throw invalid("conv_template.roles", "at least user and assistant", node.path("roles"));
    }
    List<String> separators = list("seps", ConversationJson::string);
    if (separators.isEmpty() || separators.size() > 2) {
      throw invalid("conv_template.seps", "a list of one or two strings", node.path("seps"));
    }
    return new Conversation(
        name,
        string("system_template", "{system_message}"),
        string("system_message", ""),
        list("system_prefix_token_ids", ConversationJson::tokenId),
        bool("add_role_after_system_message", true),
        roles,
        byRole("role_templates"),
        list("messages", (path, message) -> message(path, message, roles)),
        separators.getFirst(),
        separators.getLast(),
        string("role_content_sep", ""),
        string("role_empty_sep", ""),
        list("stop_str", ConversationJson::string).stream().filter(s -> !s.isEmpty()).toList(),
        list("stop_token_ids", ConversationJson::tokenId),
        bool("strip_reasoning_in_history", false),
        string("function_string", ""));
  }

  private String string(String field, String otherwise) {
    return value(field).map(v -> string("conv_template." + field, v)).orElse(otherwise);
  }

  private boolean bool(String field, boolean otherwise) {
    Optional<JsonNode> value = value(field);
    if (value.isPresent() && !value.get().isBoolean()) {
      throw invalid("conv_template." + field, "true or false", value.get());
    }
    return value.map(JsonNode::booleanValue).orElse(otherwise);
  }

  private <T> List<T> list(String field, BiFunction<String, JsonNode, T> reader) {
    List<T> items = new ArrayList<>();
    value(field)
        .ifPresent(
            array -> {
              String path = "conv_template." + field;
              if (!array.isArray()) {
                throw invalid(path, "a list", array);
              }
              array.forEach(item -> items.add(reader.apply(path + "[" + items.size() + "]", item)));
            });
    return items;
  }

  private Map<Role, String> byRole(String field) {
    Map<Role, String> texts = new EnumMap<>(Role.class);
    value(field)
        .ifPresent(
            object -> {
              String path = "conv_template." + field;
              if (!object.isObject()) {
                throw invalid(path, "an object of roles and strings", object);
              }
              for (Role role : Role.values()) {
                if (object.hasNonNull(role.value())) {
                  String name = role.value();
                  texts.put(role, string(path + "." + name, object.get(name)));
                }
              }
            });
    return texts;
  }

  private Optional<JsonNode> value(String field) {
    return Optional.ofNullable(node.get(field)).filter(value -> !value.isNull());
  }

  private static ChatMessage message(String path, JsonNode json, Map<Role, String> roles) {
    if (!json.isArray() || json.size() != 2) {
      throw invalid(path, "a list of a role and a content", json);
    }
    for (Role role : roles.keySet()) {
      if (role.value().equals(json.get(0).textValue())) {
        return new ChatMessage(
            role, parts(path + "[1]", json.get(1)), Optional.empty(), List.of(), Optional.empty());
      }
    }
    throw invalid(path + "[0]", "one of the template's roles", json.get(0));
  }

  private static List<String> parts(String path, JsonNode content) {
    if (content.isNull()) {
      return List.of();
    }
    if (!content.isArray()) {
      return List.of(string(path, content));
    }
    List<String> parts = new ArrayList<>();
    for (JsonNode part : content) {
      String partPath = path + "[" + parts.size() + "]";
      if (!part.path("type").asText().equals("text")) {
        throw invalid(partPath, "a part of the type text, the only one supported", part);
      }
      parts.add(string(partPath + ".text", part.path("text")));
    }
    return parts;
  }

  private static String string(String path, JsonNode json) {
    if (!json.isTextual()) {
      throw invalid(path, "a string", json);
    }
    return json.textValue();
  }

  private static int tokenId(String path, JsonNode json) {
    if (!json.isIntegralNumber() || !json.canConvertToInt() || json.intValue() < 0) {
      throw invalid(path, "a token id", json);
    }
    return json.intValue();
  }

  private static ModelLoadException invalid(String path, String expected, JsonNode found) {
    String text = found.isMissingNode() ? "nothing" : found.toString();
    String shown = text.length() > 60 ? text.substring(0, 60) + "..." : text;
    return new ModelLoadException(
        path + ": expected " + expected + ", found " + shown + ". Correct mlc-chat-config.json.");
  }
}
