package org.mlcengine.protocol;

import static org.mlcengine.protocol.RequestField.fixed;
import static org.mlcengine.protocol.RequestField.honoured;
import static org.mlcengine.protocol.RequestField.refused;
import static org.mlcengine.protocol.RequestField.replaced;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;

/** Fields of a message. */
final class MessageFields {
  private static final String ROLES = "one of system, user, assistant, tool, developer";
  private static final Set<String> NO_TEXT =
      Set.of("image_url", "input_audio", "file", "audio", "video_url", "image");

  static final Map<String, RequestField<MessageFields>> TABLE = RequestField.table(fields());

  private @Nullable Role role;
  private final List<String> parts = new ArrayList<>();
  private Optional<String> name = Optional.empty();
  private List<ToolCall> toolCalls = List.of();
  private Optional<String> toolCallId = Optional.empty();

  private MessageFields() {}

  static ChatMessage read(String path, JsonNode json) {
    MessageFields message = new MessageFields();
    new Fields(json, path).read(TABLE, message);
    Role role = message.role;
    if (role == null) {
      throw new IllegalStateException("The reader of role sets it or throws");
    }
    return new ChatMessage(
        role, message.parts, message.name, message.toolCalls, message.toolCallId);
  }

  private static List<RequestField<MessageFields>> fields() {
    return List.of(
        honoured(
            "role",
            "\"system\" (only first; \"developer\" means the same), \"user\", \"assistant\" or"
                + " \"tool\"",
            "required",
            "\"function\"",
            (f, m) -> m.role = role(f.path("role"), f.required("role"))),
        honoured(
            "content",
            "string, or list of parts of the type `text` (or `refusal`, of an assistant)",
            "required, except beside `tool_calls`",
            "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"a\"}}]",
            (f, m) -> f.value("content").ifPresent(v -> m.readContent(f.path("content"), v))),
        honoured(
            "refusal",
            "string; what an assistant said instead of content, read as content",
            "none",
            (f, m) -> f.text("refusal").ifPresent(v -> m.readRefusal(f.path("refusal"), v))),
        honoured(
            "name",
            "string; tells speakers of one role apart, where the conversation template does",
            "none",
            (f, m) -> m.name = f.text("name")),
        honoured(
            "tool_calls",
            "list of calls, see below; only of an assistant",
            "none",
            (f, m) -> m.toolCalls = f.items("tool_calls", "a list of calls", ToolFields::readCall)),
        honoured(
            "tool_call_id",
            "string; the id of a call of an earlier assistant message",
            "required of a tool, refused of others",
            (f, m) -> m.toolCallId = f.text("tool_call_id")),
        fixed(
            "annotations",
            "an empty list",
            v -> v.isArray() && v.isEmpty(),
            "[{\"type\":\"url_citation\"}]",
            "the model reads text only"),
        refused("audio", "{\"id\":\"a\"}", "the model reads text only"),
        replaced(
            "function_call",
            "{\"name\":\"f\",\"arguments\":\"{}\"}",
            "tool_calls, its newer form"));
  }

  static Role role(String path, JsonNode json) {
    String text = json.isTextual() ? json.textValue() : "";
    if (text.equals("function")) {
      throw new InvalidRequestException(
          path, "the role \"function\" is the older form of \"tool\"; use \"tool\"");
    }
    if (text.equals("developer")) {
      return Role.SYSTEM;
    }
    for (Role role : Role.values()) {
      if (role.value().equals(text)) {
        return role;
      }
    }
    throw Fields.wrongType(path, ROLES, json);
  }

  private void readContent(String path, JsonNode json) {
    if (json.isTextual()) {
      parts.add(json.textValue());
      return;
    }
    parts.addAll(Fields.items(path, json, "a string or a list of parts", this::readPart));
    if (parts.isEmpty()) {
      throw new InvalidRequestException(path, "expected at least one part, found an empty list");
    }
  }

  private String readPart(String path, JsonNode json) {
    Fields fields = new Fields(json, path);
    JsonNode type = fields.required("type");
    String text = type.isTextual() ? type.textValue() : "";
    if (NO_TEXT.contains(text)) {
      throw new InvalidRequestException(
          fields.path("type"),
          "parts of the type \"%s\" are not supported: the model reads text only; leave the part out"
              .formatted(text));
    }
    if (!text.equals("text") && !(text.equals("refusal") && role == Role.ASSISTANT)) {
      throw Fields.wrongType(fields.path("type"), "\"text\"", type);
    }
    String[] content = {""};
    fields.read(
        RequestField.table(
            List.of(
                honoured("type", "string", "required", (f, c) -> {}),
                honoured(text, "string", "required", (f, c) -> content[0] = f.requiredText(text)))),
        content);
    return content[0];
  }

  private void readRefusal(String path, String text) {
    if (role != Role.ASSISTANT) {
      throw new InvalidRequestException(
          path, "expected it only in an assistant message; leave it out");
    }
    parts.add(text);
  }
}
