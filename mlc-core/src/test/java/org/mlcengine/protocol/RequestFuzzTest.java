package org.mlcengine.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.InvalidReplyException;
import org.mlcengine.errors.InvalidRequestException;

/** Requests and replies that went wrong on their way. */
class RequestFuzzTest {
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "false",
          "0",
          "-1",
          "1",
          "0.5",
          "1e308",
          "1e999",
          "-1e999",
          "1e-999",
          "9".repeat(900),
          "-9223372036854775809",
          "2147483648",
          "\"\"",
          "\"a\"",
          "\"text\"",
          "\"function\"",
          "\"assistant\"",
          "\"tool\"",
          "\"\\u0000\\ud800\"",
          "[]",
          "{}",
          "[[]]",
          "[null]",
          "{\"\":null}",
          "{\"a\":1}",
          "{\"type\":\"text\"}",
          "{\"type\":\"structural_tag\",\"structures\":[{}]}");

  private static List<String> names() {
    List<String> names = new ArrayList<>(List.of("", "a", "type", "function"));
    ParametersPage.sections().forEach(section -> names.addAll(section.table().keySet()));
    return names;
  }

  private static List<Object> valid() {
    return List.of(
        ProtocolJsonTest.fullChat(),
        CompletionCreateParams.builder().promptTokens(1, 2).logprobs(2).stop("a").build(),
        EmbeddingCreateParams.builder()
            .addInput("a")
            .addInputTokens(1, 2)
            .encodingFormat(EmbeddingEncoding.BASE64)
            .dimensions(3)
            .build(),
        ChatCompletionCreateParams.builder()
            .addUserMessage("a")
            .responseFormat(
                new ResponseFormat.StructuralTag(
                    "{\"type\":\"structural_tag\",\"format\":{\"a\":[1]}}"))
            .build());
  }

  private static Class<?> type(Object request) {
    return request.getClass();
  }

  @Test
  void damagedTextNeverGivesAnotherException() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (Object request : valid()) {
      byte[] whole = ProtocolJson.write(request).getBytes(UTF_8);
      for (int round = 0; round < 2_000; round++) {
        assertReadOrRefused(damage(whole, random), type(request), seed, round);
      }
    }
  }

  @Test
  void changedValuesNeverGiveAnotherException() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<String> names = names();
    for (Object request : valid()) {
      String whole = ProtocolJson.write(request);
      for (int round = 0; round < 2_000; round++) {
        JsonNode changed = JsonTexts.tree(whole);
        for (int i = random.nextInt(3); i >= 0; i--) {
          change(changed, names, random);
        }
        assertReadOrRefused(changed.toString().getBytes(UTF_8), type(request), seed, round);
      }
    }
  }

  /** A request that is accepted is valid: it can be written, and read again as the same. */
  private static void assertReadOrRefused(byte[] json, Class<?> type, long seed, int round) {
    try {
      Object read = ProtocolJson.read(json, type);
      assertThat(ProtocolJson.read(ProtocolJson.write(read), type))
          .usingRecursiveComparison()
          .isEqualTo(read);
    } catch (InvalidRequestException e) {
      assertThat(e.parameter()).isNotEmpty();
      assertThat(String.valueOf(e.getMessage())).hasSizeLessThan(2_500);
    } catch (RuntimeException | StackOverflowError | AssertionError e) {
      throw new AssertionError(
          "seed %d, round %d: %s".formatted(seed, round, new String(json, UTF_8)), e);
    }
  }

  private static void change(JsonNode root, List<String> names, Random random) {
    List<ContainerNode<?>> containers = new ArrayList<>();
    collect(root, containers);
    JsonNode value = JsonTexts.tree(VALUES.get(random.nextInt(VALUES.size())));
    switch (containers.get(random.nextInt(containers.size()))) {
      case ObjectNode object -> {
        List<String> keys = new ArrayList<>();
        object.fieldNames().forEachRemaining(keys::add);
        if (keys.isEmpty() || random.nextInt(3) == 0) {
          object.set(names.get(random.nextInt(names.size())), value);
        } else if (random.nextInt(3) == 0) {
          object.remove(keys.get(random.nextInt(keys.size())));
        } else {
          object.set(keys.get(random.nextInt(keys.size())), value);
        }
      }
      case ArrayNode array -> {
        if (array.isEmpty() || random.nextBoolean()) {
          array.insert(random.nextInt(array.size() + 1), value);
        } else {
          array.remove(random.nextInt(array.size()));
        }
      }
      default -> throw new AssertionError();
    }
  }

  private static void collect(JsonNode node, List<ContainerNode<?>> containers) {
    if (node instanceof ContainerNode<?> container) {
      containers.add(container);
      node.forEach(inner -> collect(inner, containers));
    }
  }

  private static byte[] damage(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    String signs = "{}[]\",:0-eE.tn\\";
    for (int i = random.nextInt(3); i >= 0; i--) {
      int at = random.nextInt(bytes.length);
      bytes[at] =
          random.nextBoolean()
              ? (byte) random.nextInt(256)
              : (byte) signs.charAt(random.nextInt(signs.length()));
    }
    return random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
  }

  @Test
  void damagedRepliesNeverGiveAnotherException() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] whole =
        """
        {"id":"1","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant",
         "content":"a","tool_calls":[{"index":0,"id":"1","function":{"name":"f"}}]},
         "logprobs":{"content":[{"token":"a","logprob":-1.5,"bytes":[97],"top_logprobs":[]}]},
         "finish_reason":"stop"}],"usage":{"prompt_tokens":1,"extra":{"prompt_tokens":1,
         "completion_tokens":1,"prefill_tokens":1,"decode_tokens":1,"ttft_s":0.25,
         "end_to_end_latency_s":2}}}"""
            .getBytes(UTF_8);
    assertThat(ProtocolJson.read(whole, ChatCompletionChunk.class).usage()).isPresent();
    for (int round = 0; round < 2_000; round++) {
      byte[] damaged = damage(whole, random);
      try {
        ProtocolJson.read(damaged, ChatCompletionChunk.class);
      } catch (InvalidReplyException e) {
        assertThat(e).hasMessageStartingWith("The reply is not as the API has it: ");
      } catch (RuntimeException | StackOverflowError e) {
        throw new AssertionError(
            "seed %d, round %d: %s".formatted(seed, round, new String(damaged, UTF_8)), e);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"messages\":%s",
        "{\"messages\":[{\"role\":\"user\",\"content\":%s",
        "{\"messages\":[],\"tools\":[{\"type\":\"function\",\"function\":{\"parameters\":%s",
        "{\"messages\":[],\"response_format\":{\"type\":\"structural_tag\",\"format\":%s"
      })
  void deepNestingIsRefused(String start) {
    for (String bracket : List.of("[", "{\"a\":")) {
      String json = start.formatted(bracket.repeat(100_000));
      assertThatThrownBy(() -> ProtocolJson.read(json, ChatCompletionCreateParams.class))
          .isInstanceOf(InvalidRequestException.class);
    }
  }

  @Test
  void aSchemaAsDeepAsTheReaderAllowsIsReadOrRefused() {
    for (int depth = 980; depth < 1_000; depth++) {
      String schema = "{\"a\":".repeat(depth) + "1" + "}".repeat(depth);
      String json =
          "{\"messages\":[{\"role\":\"user\",\"content\":\"\"}],\"response_format\":{"
              + "\"type\":\"structural_tag\",\"triggers\":[\"a\"],\"structures\":[{\"begin\":\"\","
              + "\"end\":\"\",\"schema\":%s}]}}".formatted(schema);
      assertReadOrRefused(json.getBytes(UTF_8), ChatCompletionCreateParams.class, depth, 0);
    }
  }

  @Test
  void hugeNumbersAreRefused() {
    for (String number : List.of("9".repeat(100_000), "1e" + "9".repeat(500), "-1e99999999999")) {
      for (String field : List.of("seed", "n", "temperature", "max_tokens", "top_k", "min_p")) {
        String json =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"\"}],\"%s\":%s}"
                .formatted(field, number);
        assertThatThrownBy(() -> ProtocolJson.read(json, ChatCompletionCreateParams.class))
            .isInstanceOf(InvalidRequestException.class);
      }
    }
  }
}
