package org.mlcengine.conversation;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.jinja.ChatTemplate;

/**
 * The chat templates in a model folder, and the special tokens that they may name. As in
 * transformers, {@code chat_template.jinja} wins over {@code tokenizer_config.json}.
 *
 * @param templates by name; one without a name is {@code default}
 * @param tokens the tokens' texts by their names, for instance {@code bos_token}
 */
record ModelChatTemplates(Map<String, ChatTemplate> templates, ObjectNode tokens) {
  private static final String CONFIG = "tokenizer_config.json";
  private static final String KEY = "chat_template";
  private static final List<String> TOKENS =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");
  private static final long MAX_FILE = 64 << 20;
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(100).build())
                  .build())
          .build();

  /**
   * Reads the files; there may be no templates.
   *
   * @throws ModelLoadException if a file cannot be read or is malformed
   */
  static ModelChatTemplates read(Path folder) {
    Path configFile = folder.resolve(CONFIG);
    JsonNode config = json(configFile);
    Map<String, ChatTemplate> templates = new LinkedHashMap<>();
    Path file = folder.resolve("chat_template.jinja");
    Path older = folder.resolve("chat_template.json");
    if (Files.exists(file)) {
      templates.put("default", parse(file, text(file)));
      JsonNode others = config.path(KEY);
      if (others.isArray()) {
        named(configFile, others).forEach(templates::putIfAbsent);
      }
    } else if (config.hasNonNull(KEY)) {
      templates.putAll(named(configFile, config.path(KEY)));
    } else if (Files.exists(older)) {
      templates.putAll(named(older, json(older).path(KEY)));
    }
    return new ModelChatTemplates(templates, tokens(configFile, config));
  }

  private static Map<String, ChatTemplate> named(Path file, JsonNode value) {
    Map<String, ChatTemplate> templates = new LinkedHashMap<>();
    if (value.isTextual()) {
      templates.put("default", parse(file, value.textValue()));
      return templates;
    }
    if (!value.isArray()) {
      throw invalid(file, KEY, "a string, or a list of objects with name and template", value);
    }
    for (int i = 0; i < value.size(); i++) {
      JsonNode entry = value.get(i);
      if (!entry.path("name").isTextual() || !entry.path("template").isTextual()) {
        throw invalid(
            file, "%s[%d]".formatted(KEY, i), "an object with strings name and template", entry);
      }
      templates.put(
          entry.path("name").textValue(), parse(file, entry.path("template").textValue()));
    }
    return templates;
  }

  private static ObjectNode tokens(Path file, JsonNode config) {
    ObjectNode tokens = JsonNodeFactory.instance.objectNode();
    for (String name : TOKENS) {
      JsonNode token = config.path(name);
      JsonNode text = token.isObject() ? token.path("content") : token;
      if (text.isTextual()) {
        tokens.put(name, text.textValue());
      } else if (!text.isNull() && !text.isMissingNode() || token.isObject()) {
        throw invalid(file, name, "a string, or an object with a string content", token);
      }
    }
    return tokens;
  }

  private static ChatTemplate parse(Path file, String source) {
    try {
      return ChatTemplate.parse(source);
    } catch (ModelLoadException e) {
      throw new ModelLoadException(file + ": " + e.getMessage(), e);
    }
  }

  private static JsonNode json(Path file) {
    if (!Files.exists(file)) {
      return JsonNodeFactory.instance.objectNode();
    }
    try {
      JsonNode json = MAPPER.readTree(text(file));
      if (!json.isObject()) {
        throw invalid(file, "the file", "an object", json);
      }
      return json;
    } catch (IOException e) {
      throw new ModelLoadException(
          file + ": expected JSON, found an error: " + e.getMessage() + ". Download it again.", e);
    }
  }

  private static String text(Path file) {
    try {
      if (Files.size(file) > MAX_FILE) {
        throw new ModelLoadException(
            file
                + ": expected at most "
                + MAX_FILE
                + " bytes, found "
                + Files.size(file)
                + ". Download it again.");
      }
      return Files.readString(file);
    } catch (IOException e) {
      throw new ModelLoadException(
          file + ": expected UTF-8 text, found an error: " + e + ". Download it again.", e);
    }
  }

  private static ModelLoadException invalid(
      Path file, String path, String expected, JsonNode found) {
    String text = found.toString();
    String shown = text.length() > 60 ? text.substring(0, 60) + "..." : text;
    return new ModelLoadException(
        "%s: %s: expected %s, found %s. Download the file again."
            .formatted(file, path, expected, shown));
  }
}
