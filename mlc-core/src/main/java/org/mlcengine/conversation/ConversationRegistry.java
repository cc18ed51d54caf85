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
  private static final String RESOURCE = "conv_templates.json";
  private static final JsonNode TEMPLATES = load();

  /** Names in configs of 2023 and 2024 that have no template of their own. */
  private static final Map<String, String> OLDER_NAMES =
      Map.of("qwen", "chatml", "baichuan", "chatml", "internlm", "chatml");

  private ConversationRegistry() {}

  static Conversation get(String name) {
    JsonNode template = TEMPLATES.get(OLDER_NAMES.getOrDefault(name, name));
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
    return names;
  }

  private static JsonNode load() {
    try (InputStream in = ConversationRegistry.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("The jar lacks " + RESOURCE + "; build it again.");
      }
      return new JsonMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
