package org.mlcengine.conversation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeSet;
import org.mlcengine.errors.ModelLoadException;

/** The templates that MLC registers by name, as data. */
final class ConversationRegistry {
  private static final JsonNode TEMPLATES = load("conv_templates.json");

  /** Templates that only older registries had. */
  private static final JsonNode OLDER_TEMPLATES = load("older_conv_templates.json");

  /** Names in configs of 2023 and 2024 that have no template of their own. */
  private static final Map<String, String> OLDER_NAMES =
      Map.of(
          "qwen", "chatml",
          "baichuan", "chatml",
          "internlm", "chatml",
          "guanaco", "llama_default");

  /** A template that only older registries had, and that shows the model an image. */
  private static final String WITH_IMAGE = "minigpt";

  private ConversationRegistry() {}

  static Conversation get(String name) {
    if (name.equals(WITH_IMAGE)) {
      throw new ModelLoadException(
          "conv_template: expected a template of text, found '%s', which shows the model an image."
                  .formatted(name)
              + " The engine reads text only; use a model that was trained without images.");
    }
    String current = OLDER_NAMES.getOrDefault(name, name);
    JsonNode template = TEMPLATES.get(current);
    if (template == null) {
      template = OLDER_TEMPLATES.get(current);
    }
    if (template == null) {
      throw new ModelLoadException(
          "conv_template: expected a registered template, found the name '%s'. Write the template's"
                  .formatted(name)
              + " fields into mlc-chat-config.json instead, or use one of "
              + String.join(", ", names()));
    }
    return ConversationJson.read(name, template);
  }

  static TreeSet<String> names() {
    TreeSet<String> names = new TreeSet<>(OLDER_NAMES.keySet());
    TEMPLATES.fieldNames().forEachRemaining(names::add);
    OLDER_TEMPLATES.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static JsonNode load(String resource) {
    try (InputStream in = ConversationRegistry.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("The jar lacks " + resource + "; build it again.");
      }
      return new JsonMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
