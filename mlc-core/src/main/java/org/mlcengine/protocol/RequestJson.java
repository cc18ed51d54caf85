package org.mlcengine.protocol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.mlcengine.errors.InvalidRequestException;

/** The JSON of requests, both ways. */
final class RequestJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private RequestJson() {}

  static <T> T read(JsonNode json, Class<T> type) {
    if (type == ChatCompletionCreateParams.class) {
      return type.cast(readChat(json));
    }
    if (type == CompletionCreateParams.class) {
      return type.cast(readCompletion(json));
    }
    if (type == ChatMessage.class) {
      return type.cast(readMessage(json, ""));
    }
    throw new IllegalArgumentException("Expected a request type, found " + type.getName());
  }

  static ObjectNode write(GenerationParams params) {
    ObjectNode json = NODES.objectNode();
    params.model().ifPresent(v -> json.put("model", v));
    switch (params) {
      case ChatCompletionCreateParams chat -> {
        ArrayNode messages = json.putArray("messages");
        chat.messages().forEach(message -> messages.add(write(message)));
      }
      case CompletionCreateParams text -> {
        text.prompt().ifPresent(v -> json.put("prompt", v));
        text.promptTokens().ifPresent(v -> Arrays.stream(v).forEach(json.putArray("prompt")::add));
      }
    }
    writeSampling(params, json);
    return json;
  }

  static ObjectNode write(ChatMessage message) {
    ObjectNode json = NODES.objectNode().put("role", message.role().value());
    message.content().ifPresent(v -> json.put("content", v));
    return json;
  }

  private static void writeSampling(GenerationParams params, ObjectNode json) {
    params.temperature().ifPresent(v -> json.put("temperature", v));
    params.topP().ifPresent(v -> json.put("top_p", v));
    params.presencePenalty().ifPresent(v -> json.put("presence_penalty", v));
    params.frequencyPenalty().ifPresent(v -> json.put("frequency_penalty", v));
    params.repetitionPenalty().ifPresent(v -> json.put("repetition_penalty", v));
    if (!params.logitBias().isEmpty()) {
      ObjectNode bias = json.putObject("logit_bias");
      params.logitBias().forEach((id, v) -> bias.put(id.toString(), v));
    }
    params.seed().ifPresent(v -> json.put("seed", v));
    params.maxTokens().ifPresent(v -> json.put("max_tokens", v));
    if (!params.stop().isEmpty()) {
      params.stop().forEach(json.putArray("stop")::add);
    }
    if (params.n() != 1) {
      json.put("n", params.n());
    }
    params.user().ifPresent(v -> json.put("user", v));
    if (params.includeUsage()) {
      json.putObject("stream_options").put("include_usage", true);
    }
    if (params.ignoreEos()) {
      json.putObject("debug_config").put("ignore_eos", true);
    }
  }

  private static ChatCompletionCreateParams readChat(JsonNode json) {
    Fields fields = new Fields(json, "");
    ChatCompletionCreateParams.Builder builder = ChatCompletionCreateParams.builder();
    fields.value("messages").map(RequestJson::readMessages).ifPresent(builder::messages);
    readSampling(fields, builder);
    readNewerLimit(fields).ifPresent(builder::maxCompletionTokens);
    fields.refuseOthers();
    return builder.build();
  }

  private static Optional<Integer> readNewerLimit(Fields fields) {
    String name = "max_completion_tokens";
    Optional<Integer> older = fields.integer("max_tokens");
    Optional<Integer> newer = fields.integer(name);
    if (older.isPresent() && newer.isPresent() && !older.equals(newer)) {
      throw new InvalidRequestException(
          name,
          "expected the value of max_tokens, %d, found %d; leave one of the two out"
              .formatted(older.get(), newer.get()));
    }
    return newer.map(v -> Checks.atLeastOne(name, v));
  }

  private static CompletionCreateParams readCompletion(JsonNode json) {
    Fields fields = new Fields(json, "");
    CompletionCreateParams.Builder builder = CompletionCreateParams.builder();
    fields.value("prompt").ifPresent(v -> readPrompt(v, builder));
    readSampling(fields, builder);
    fields.refuseOthers();
    return builder.build();
  }

  private static void readPrompt(JsonNode json, CompletionCreateParams.Builder builder) {
    if (json.isTextual()) {
      builder.prompt(json.textValue());
      return;
    }
    if (!json.isArray()) {
      throw Fields.wrongType("prompt", "a string or a list of token ids", json);
    }
    int[] ids = new int[json.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = Fields.integer("prompt[" + i + "]", json.get(i));
    }
    builder.promptTokens(ids);
  }

  private static List<ChatMessage> readMessages(JsonNode json) {
    if (!json.isArray()) {
      throw Fields.wrongType("messages", "a list of messages", json);
    }
    List<ChatMessage> messages = new ArrayList<>(json.size());
    for (JsonNode message : json) {
      messages.add(readMessage(message, "messages[" + messages.size() + "]"));
    }
    return messages;
  }

  private static ChatMessage readMessage(JsonNode json, String path) {
    Fields fields = new Fields(json, path);
    Role role = readRole(fields.path("role"), fields.value("role"));
    Optional<String> content = fields.text("content");
    fields.refuseOthers();
    return new ChatMessage(role, content);
  }

  private static Role readRole(String path, Optional<JsonNode> json) {
    JsonNode found = json.orElse(MissingNode.getInstance());
    for (Role role : Role.values()) {
      if (role.value().equals(found.textValue())) {
        return role;
      }
    }
    String roles = Arrays.stream(Role.values()).map(Role::value).collect(Collectors.joining(", "));
    throw Fields.wrongType(path, "one of " + roles, found);
  }

  private static void readSampling(Fields fields, GenerationParams.Builder<?> builder) {
    fields.text("model").ifPresent(builder::model);
    fields.number("temperature").ifPresent(builder::temperature);
    fields.number("top_p").ifPresent(builder::topP);
    fields.number("presence_penalty").ifPresent(builder::presencePenalty);
    fields.number("frequency_penalty").ifPresent(builder::frequencyPenalty);
    fields.number("repetition_penalty").ifPresent(builder::repetitionPenalty);
    fields.value("logit_bias").map(RequestJson::readBias).ifPresent(builder::logitBias);
    fields.longInteger("seed").ifPresent(builder::seed);
    fields.integer("max_tokens").ifPresent(builder::maxTokens);
    fields.value("stop").map(RequestJson::readStop).ifPresent(builder::stop);
    fields.integer("n").ifPresent(builder::n);
    fields.text("user").ifPresent(builder::user);
    fields.object(
        "stream_options", inner -> inner.flag("include_usage").ifPresent(builder::includeUsage));
    fields.object("debug_config", inner -> inner.flag("ignore_eos").ifPresent(builder::ignoreEos));
  }

  private static Map<Integer, Double> readBias(JsonNode json) {
    if (!json.isObject()) {
      throw Fields.wrongType("logit_bias", "an object of token ids and numbers", json);
    }
    Map<Integer, Double> bias = new TreeMap<>();
    json.fields()
        .forEachRemaining(
            entry -> {
              String path = "logit_bias." + entry.getKey();
              bias.put(readId(path, entry.getKey()), Fields.number(path, entry.getValue()));
            });
    if (bias.size() < json.size()) {
      throw Fields.wrongType("logit_bias", "each token id once", json);
    }
    return bias;
  }

  private static int readId(String path, String id) {
    try {
      return Integer.parseInt(id);
    } catch (NumberFormatException e) {
      throw new InvalidRequestException(path, "expected a token id as key, found \"" + id + "\"");
    }
  }

  private static List<String> readStop(JsonNode json) {
    if (json.isTextual()) {
      return List.of(json.textValue());
    }
    if (!json.isArray()) {
      throw Fields.wrongType("stop", "a string or a list of strings", json);
    }
    List<String> stop = new ArrayList<>(json.size());
    for (JsonNode item : json) {
      stop.add(Fields.text("stop[" + stop.size() + "]", item));
    }
    return stop;
  }
}
