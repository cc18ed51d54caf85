package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.ModelLibraryMismatchException;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ResponseFormat;

/** Replies of the real model are the same with and without drafted tokens. */
class SpeculativeReplyTest {
  private static final String LIST =
      "Repeat this list, then write it once more: red apple, green apple, red pear, green pear, red"
          + " plum, green plum, red apple, green apple, red pear, green pear.";
  private static final String SCHEMA =
      """
      {"type": "object", "properties": {"fruits": {"type": "array", "minItems": 3, "maxItems": 6,
      "items": {"type": "object", "properties": {"kind": {"enum": ["apple", "pear", "plum"]},
      "ripe": {"type": "boolean"}}, "required": ["kind", "ripe"]}}}, "required": ["fruits"]}""";

  private static final Map<String, ChatCompletionCreateParams> REQUESTS = requests();
  private static Map<String, String> plain;

  @TempDir Path folder;

  private static Map<String, ChatCompletionCreateParams> requests() {
    Map<String, ChatCompletionCreateParams> all = new LinkedHashMap<>();
    all.put("greedy", ask().temperature(0).build());
    all.put("drawn", ask().temperature(1).build());
    all.put("hot", ask().temperature(1.7).topP(0.9).build());
    all.put("penalties", ask().frequencyPenalty(0.7).presencePenalty(0.4).build());
    all.put("logprobs", ask().temperature(0).logprobs(true).topLogprobs(3).build());
    all.put("stop", ask().temperature(0).stop("plum").build());
    all.put("several", ask().temperature(1).n(2).build());
    all.put("one token", ask().maxTokens(1).build());
    all.put(
        "schema",
        ask()
            .temperature(0.5)
            .responseFormat(new ResponseFormat.JsonSchema("fruits", SCHEMA))
            .build());
    return all;
  }

  private static ChatCompletionCreateParams.Builder ask() {
    return ChatCompletionCreateParams.builder().addUserMessage(LIST).maxTokens(70).seed(7);
  }

  private static MLCEngine.Builder builder() {
    return MLCEngine.builder()
        .model(TestModel.folder())
        .contextWindowSize(512)
        .maxNumSequence(4)
        .maxTotalSequenceLength(1024);
  }

  private static String text(MLCEngine engine, ChatCompletionCreateParams request) {
    ChatCompletion reply = engine.chat().completions().create(request);
    return reply.choices() + " " + reply.usage().orElseThrow().completionTokens();
  }

  private static ChatCompletionCreateParams request(String name) {
    return Objects.requireNonNull(REQUESTS.get(name));
  }

  private static Map<String, String> replies(MLCEngine engine) {
    Map<String, String> all = new LinkedHashMap<>();
    REQUESTS.forEach((name, request) -> all.put(name, text(engine, request)));
    return all;
  }

  @BeforeAll
  static void withoutDrafts() {
    try (MLCEngine engine = builder().build()) {
      plain = replies(engine);
      assertThat(engine.metrics().load().draftedTokens()).isZero();
    }
  }

  @AfterAll
  static void forget() {
    plain = Map.of();
  }

  @Test
  void promptLookupChangesNoReply() throws Exception {
    try (MLCEngine engine = builder().speculativeMode(SpeculativeMode.PROMPT_LOOKUP).build()) {
      assertThat(replies(engine)).isEqualTo(plain);
      assertTogether(engine);
      EngineMetrics.Load load = engine.metrics().load();
      assertThat(load.draftedTokens()).isPositive();
      assertThat(load.acceptedTokens()).isPositive();
    }
  }

  @Test
  void aDraftModelChangesNoReply() throws Exception {
    // The model is its own draft model, since there is no smaller one.
    MLCEngine.Builder options =
        builder()
            .speculativeMode(SpeculativeMode.SMALL_DRAFT)
            .draftModel(TestModel.folder())
            .specDraftLength(5);
    try (MLCEngine engine = options.build()) {
      assertThat(text(engine, request("greedy"))).isEqualTo(plain.get("greedy"));
      EngineMetrics.Load load = engine.metrics().load();
      assertThat(load.draftedTokens()).isPositive();
      assertThat(load.acceptedTokens()).isGreaterThan(load.draftedTokens() * 3 / 4);
      assertThat(replies(engine)).isEqualTo(plain);
      assertTogether(engine);
    }
  }

  private static void assertTogether(MLCEngine engine) throws Exception {
    Map<String, Future<String>> found = new LinkedHashMap<>();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      REQUESTS.forEach(
          (name, request) -> found.put(name, callers.submit(() -> text(engine, request))));
      for (Map.Entry<String, Future<String>> reply : found.entrySet()) {
        assertThat(reply.getValue().get()).as(reply.getKey()).isEqualTo(plain.get(reply.getKey()));
      }
    }
  }

  @Test
  void optionsThatContradictEachOtherAreRefused() {
    List<MLCEngine.Builder> wrong = new ArrayList<>();
    wrong.add(builder().draftModel(TestModel.folder()));
    wrong.add(
        builder().speculativeMode(SpeculativeMode.PROMPT_LOOKUP).draftModel(TestModel.folder()));
    wrong.add(builder().speculativeMode(SpeculativeMode.SMALL_DRAFT));
    wrong.add(builder().specDraftLength(4));
    wrong.add(
        builder()
            .speculativeMode(SpeculativeMode.SMALL_DRAFT)
            .draftModel(TestModel.embeddingFolder()));
    wrong.add(
        MLCEngine.builder()
            .model(TestModel.embeddingFolder())
            .speculativeMode(SpeculativeMode.PROMPT_LOOKUP));
    for (MLCEngine.Builder options : wrong) {
      assertThatThrownBy(options::build).isInstanceOf(InvalidRequestException.class);
    }
    for (int length : new int[] {-1, 17}) {
      assertThatThrownBy(() -> builder().specDraftLength(length))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("specDraftLength");
    }
  }

  @Test
  void aDraftModelOfAnotherTokenizerIsRefused() throws Exception {
    Path other = TestModel.copyInto(folder.resolve("other"));
    Path tokenizer = other.resolve("tokenizer.json");
    String changed = Files.readString(tokenizer).replace("\"<jupyter_text>\"", "\"<other_text>\"");
    Files.delete(tokenizer);
    Files.writeString(tokenizer, changed);
    assertThatThrownBy(
            () -> builder().speculativeMode(SpeculativeMode.SMALL_DRAFT).draftModel(other).build())
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("tokenizer")
        .hasMessageContaining(other.toString())
        .hasMessageContaining(TestModel.folder().getFileName().toString());
  }

  @Test
  void aDraftModelOfAnotherVocabularyIsRefused() throws Exception {
    Path other = TestModel.copyInto(folder.resolve("smaller"));
    Path config = other.resolve("mlc-chat-config.json");
    String changed =
        Files.readString(config).replaceAll("\"vocab_size\":\\s*\\d+", "\"vocab_size\": 4096");
    Files.delete(config);
    Files.writeString(config, changed);
    assertThatThrownBy(
            () -> builder().speculativeMode(SpeculativeMode.SMALL_DRAFT).draftModel(other).build())
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("4096")
        .hasMessageContaining(other.toString());
  }

  @Test
  void aLibraryThatCannotVerifyIsRefused() throws Exception {
    Path other = TestModel.copyInto(folder.resolve("without"));
    Path library;
    try (Stream<Path> files = Files.list(other)) {
      library = files.filter(file -> file.toString().endsWith(".so")).findFirst().orElseThrow();
    }
    String code = Files.readString(library, StandardCharsets.ISO_8859_1);
    Files.delete(library);
    Files.writeString(
        library, code.replace("batch_verify", "batch_verifx"), StandardCharsets.ISO_8859_1);
    MLCEngine.Builder options = builder().model(other);
    options.speculativeMode(SpeculativeMode.PROMPT_LOOKUP);
    assertThatThrownBy(options::build)
        .isInstanceOf(ModelLibraryMismatchException.class)
        .hasMessageContaining(library.toString())
        .hasMessageContaining("batch_verify")
        .hasMessageContaining("PROMPT_LOOKUP");
    try (MLCEngine engine = options.speculativeMode(SpeculativeMode.DISABLE).build()) {
      assertThat(text(engine, request("stop"))).isEqualTo(plain.get("stop"));
    }
  }
}
