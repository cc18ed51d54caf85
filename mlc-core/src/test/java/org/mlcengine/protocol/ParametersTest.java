package org.mlcengine.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mlcengine.errors.InvalidRequestException;

class ParametersTest {
  private static final Path PAGE = Path.of("..", "docs", "parameters.md");

  /** A value that changes the request, for each honoured field of chat and text completions. */
  private static Map<String, String> sampling() {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("model", "\"m\"");
    values.put("temperature", "0.5");
    values.put("top_p", "0.5");
    values.put("top_k", "5");
    values.put("min_p", "0.1");
    values.put("presence_penalty", "1");
    values.put("frequency_penalty", "1");
    values.put("repetition_penalty", "1.1");
    values.put("logit_bias", "{\"1\":2}");
    values.put("seed", "1");
    values.put("max_tokens", "5");
    values.put("stop", "[\"a\"]");
    values.put("n", "2");
    values.put("response_format", "{\"type\":\"json_object\"}");
    values.put("user", "\"me\"");
    values.put("cache_salt", "\"salt\"");
    values.put("priority", "2");
    values.put("timeout_s", "2.5");
    values.put("stream", "true");
    values.put("ignore_eos", "true");
    values.put("debug_config", "{\"ignore_eos\":true}");
    return values;
  }

  private static Map<String, String> embeddings() {
    return Map.of(
        "input", "[\"a\",[1,2]]",
        "encoding_format", "\"base64\"",
        "dimensions", "384",
        "model", "\"m\"",
        "user", "\"me\"");
  }

  private static Map<String, String> values(ParametersPage.Section section) {
    Map<String, String> values = new LinkedHashMap<>();
    switch (section.title()) {
      case "Chat completions" -> {
        values.putAll(sampling());
        values.put("messages", "[{\"role\":\"user\",\"content\":\"another\"}]");
        values.put("tools", "[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]");
        values.put("tool_choice", "\"none\"");
        values.put("parallel_tool_calls", "false");
        values.put("logprobs", "true");
        values.put("top_logprobs", "0");
        values.put("max_completion_tokens", "5");
      }
      case "Text completions" -> {
        values.putAll(sampling());
        values.put("prompt", "[1,2]");
        values.put("echo", "true");
        values.put("logprobs", "0");
      }
      case "Embeddings" -> values.putAll(embeddings());
      case "Messages" -> {
        values.put("role", "\"user\"");
        values.put(
            "content", "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]");
        values.put("refusal", "\"no\"");
        values.put("name", "\"n\"");
        values.put(
            "tool_calls",
            "[{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]");
      }
      case "Functions" -> {
        values.put("name", "\"g\"");
        values.put("description", "\"d\"");
        values.put("parameters", "{\"type\":\"object\"}");
        values.put("strict", "true");
      }
      case "JSON schema" -> {
        values.put("name", "\"b\"");
        values.put("description", "\"d\"");
        values.put("schema", "{\"type\":\"object\"}");
        values.put("strict", "true");
      }
      case "Stream options" -> values.put("include_usage", "true");
      case "Debug config" -> values.put("ignore_eos", "true");
      default -> {}
    }
    return values;
  }

  /** Fields that need others, or whose honoured values say what holds anyway. */
  private static final List<String> TESTED_ELSEWHERE =
      List.of(
          "stream_options",
          "best_of",
          "tool_call_id",
          "store",
          "metadata",
          "service_tier",
          "modalities",
          "verbosity",
          "annotations",
          "include_obfuscation",
          "pinned_system_prompt",
          "grammar_execution_mode");

  static Stream<ParametersPage.Section> sections() {
    return ParametersPage.sections().stream();
  }

  @Test
  void thePageSaysWhatTheReaderDoes() throws IOException {
    String page = ParametersPage.text();
    if (Boolean.getBoolean("parameters.write")) {
      Files.writeString(PAGE, page);
    }
    assertThat(Files.readString(PAGE))
        .as("docs/parameters.md; its first lines say how to write it")
        .isEqualTo(page);
  }

  @ParameterizedTest
  @MethodSource("sections")
  void refusedValuesAreRefusedByName(ParametersPage.Section section) {
    for (RequestField<?> field : section.table().values()) {
      if (!field.refused().isEmpty()) {
        assertThatThrownBy(
                () ->
                    ProtocolJson.read(section.with(field.name(), field.refused()), section.type()))
            .isInstanceOfSatisfying(
                InvalidRequestException.class,
                e -> assertThat(e.parameter()).contains(field.name()))
            .hasMessageMatching("(?s).*(leave|use|expected).*");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sections")
  void honouredFieldsChangeTheRequest(ParametersPage.Section section) {
    Map<String, String> values = values(section);
    if (values.isEmpty()) {
      return;
    }
    for (RequestField<?> field : section.table().values()) {
      if (field.isRefused() || TESTED_ELSEWHERE.contains(field.name())) {
        continue;
      }
      assertThat(values).as(section.title()).containsKey(field.name());
      assertThat(
              written(section, section.with(field.name(), values.getOrDefault(field.name(), ""))))
          .as(section.title() + " " + field.name())
          .isNotEqualTo(
              written(section, section.request().apply(JsonTexts.tree(section.base())).toString()));
    }
  }

  @ParameterizedTest
  @MethodSource("sections")
  void whatThePageDoesNotListIsRefused(ParametersPage.Section section) {
    TreeSet<String> names = new TreeSet<>(FOREIGN_NAMES);
    sections().forEach(other -> names.addAll(other.table().keySet()));
    names.removeAll(section.table().keySet());
    for (String name : names) {
      assertThatThrownBy(
              () -> ProtocolJson.read(section.with(name, "\"a\""), section.type()), "%s", name)
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining(name);
    }
    for (RequestField<?> field : section.table().values()) {
      assertThat(ParametersPage.text()).contains("| `" + field.name() + "` | ");
    }
  }

  /** Names of other engines and of OpenAI's other APIs. */
  private static final List<String> FOREIGN_NAMES =
      List.of(
          "add_generation_prompt",
          "cache_prompt",
          "continue_final_message",
          "documents",
          "dry_multiplier",
          "include_stop_str_in_output",
          "input",
          "instructions",
          "length_penalty",
          "logit_processors",
          "lora",
          "min_tokens",
          "mirostat",
          "priority",
          "prompt_logprobs",
          "reasoning",
          "samplers",
          "skip_special_tokens",
          "stop_token_ids",
          "thinking",
          "truncation",
          "typical_p",
          "use_beam_search",
          "Messages",
          "temperature ",
          "");

  private static String written(ParametersPage.Section section, String request) {
    return ProtocolJson.write(ProtocolJson.read(request, section.type()));
  }
}
