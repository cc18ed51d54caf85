package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mlcengine.bindings.TvmRuntime;
import org.mlcengine.errors.ContextLengthExceededException;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.CompletionCreateParams;
import org.mlcengine.protocol.EmbeddingCreateParams;
import org.mlcengine.protocol.EmbeddingEncoding;
import org.mlcengine.protocol.EmbeddingResponse;

/** The real MiniLM model, against vectors of the reference implementation. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EmbeddingsTest {
  private static final int POSITIONS = 512;
  private static final int PUBLISHERS_LIMIT = 256;

  /** A text, its length in tokens, and the vector that it should get. */
  private record Reference(String text, int tokens, float[] vector) {}

  private static List<Reference> references;
  private static MLCEngine engine;

  @BeforeAll
  static void open() throws IOException {
    references = references();
    engine = builder().contextWindowSize(POSITIONS).build();
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  private static MLCEngine.Builder builder() {
    return MLCEngine.builder().model(TestModel.embeddingFolder());
  }

  private static List<Reference> references() throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    List<Reference> read = new ArrayList<>();
    try (InputStream file =
        EmbeddingsTest.class.getResourceAsStream("embeddings/minilm-vectors.jsonl")) {
      String lines =
          new String(Objects.requireNonNull(file).readAllBytes(), StandardCharsets.UTF_8);
      for (String line : lines.split("\n")) {
        JsonNode json = mapper.readTree(line);
        byte[] bytes = Base64.getDecoder().decode(json.get("embedding").textValue());
        float[] vector = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
        read.add(
            new Reference(json.get("text").textValue(), json.get("tokens").intValue(), vector));
      }
    }
    return read;
  }

  private static EmbeddingResponse create(List<Reference> texts) {
    return engine
        .embeddings()
        .create(
            EmbeddingCreateParams.builder()
                .input(texts.stream().map(Reference::text).toList())
                .build());
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double first = 0;
    double second = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      first += (double) a[i] * a[i];
      second += (double) b[i] * b[i];
    }
    return product / Math.sqrt(first * second);
  }

  @Test
  void vectorsAreThoseOfTheReferenceImplementation() {
    assertThat(references).hasSizeGreaterThan(30);
    assertThat(references.stream().mapToInt(Reference::tokens).max()).hasValue(POSITIONS);
    for (Reference reference : references) {
      EmbeddingResponse reply = create(List.of(reference));
      assertThat(reply.usage().promptTokens()).as(reference.text).isEqualTo(reference.tokens);
      float[] vector = reply.data().getFirst().vector();
      assertThat(vector).hasSize(engine.embeddings().dimensions()).hasSize(384);
      assertThat(cosine(vector, reference.vector)).as(reference.text).isGreaterThan(0.9999);
      double length = Math.sqrt(sumOfSquares(vector));
      assertThat(length).as("length").isBetween(1 - 1e-6, 1 + 1e-6);
    }
  }

  private static double sumOfSquares(float[] vector) {
    double sum = 0;
    for (float value : vector) {
      sum += (double) value * value;
    }
    return sum;
  }

  @Test
  void aVectorDoesNotDependOnItsCompany() throws Exception {
    long seed = new Random().nextLong();
    List<Reference> shuffled = new ArrayList<>(references);
    Collections.shuffle(shuffled, new Random(seed));
    List<float[]> alone =
        shuffled.stream().map(text -> create(List.of(text)).data().getFirst().vector()).toList();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<EmbeddingResponse>> replies = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        replies.add(callers.submit(() -> create(shuffled)));
      }
      for (Future<EmbeddingResponse> future : replies) {
        EmbeddingResponse reply = future.get();
        assertThat(reply.usage().promptTokens())
            .isEqualTo(references.stream().mapToInt(Reference::tokens).sum());
        for (int i = 0; i < shuffled.size(); i++) {
          assertThat(reply.data().get(i).index()).isEqualTo(i);
          assertThat(reply.data().get(i).vector())
              .as("seed %d, %s", seed, shuffled.get(i).text)
              .isEqualTo(alone.get(i));
        }
      }
    }
  }

  @Test
  void textsOfLikeMeaningAreNear() {
    EmbeddingResponse reply =
        engine
            .embeddings()
            .create(
                EmbeddingCreateParams.builder()
                    .addInput("What is the capital of France?")
                    .addInput("Paris is the capital and largest city of France.")
                    .addInput("A monkey is playing drums.")
                    .build());
    float[] question = reply.data().getFirst().vector();
    assertThat(cosine(question, reply.data().get(1).vector()))
        .isGreaterThan(cosine(question, reply.data().get(2).vector()) + 0.3);
  }

  @Test
  void tokensAreTakenAsTheyAre() {
    var params = EmbeddingCreateParams.builder().addInput("cat");
    float[] expected = engine.embeddings().create(params.build()).data().getFirst().vector();
    EmbeddingResponse reply =
        engine
            .embeddings()
            .create(
                EmbeddingCreateParams.builder()
                    .addInputTokens(101, 4937, 102)
                    .model("another name")
                    .encodingFormat(EmbeddingEncoding.BASE64)
                    .dimensions(384)
                    .build());
    assertThat(reply.data().getFirst().vector()).isEqualTo(expected);
    assertThat(reply.model()).isEqualTo("another name");
    assertThat(reply.encoding()).isEqualTo(EmbeddingEncoding.BASE64);
    assertThatThrownBy(
            () ->
                engine
                    .embeddings()
                    .create(
                        EmbeddingCreateParams.builder()
                            .addInput("cat")
                            .addInputTokens(30522)
                            .build()))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("input[1]: expected token ids from 0 to 30521, found 30522.");
  }

  @Test
  void vectorsAreNotCut() {
    assertThatThrownBy(
            () ->
                engine
                    .embeddings()
                    .create(EmbeddingCreateParams.builder().addInput("a").dimensions(64).build()))
        .isInstanceOfSatisfying(
            InvalidRequestException.class, e -> assertThat(e.parameter()).isEqualTo("dimensions"))
        .hasMessageContaining("384")
        .hasMessageContaining("64");
  }

  @Test
  void textsThatDoNotFitAreRefusedWithBothCounts() {
    String text = "word ".repeat(300);
    assertThatThrownBy(
            () ->
                engine
                    .embeddings()
                    .create(
                        EmbeddingCreateParams.builder()
                            .addInput("fits")
                            .addInput(text + text)
                            .build()))
        .isInstanceOfSatisfying(
            ContextLengthExceededException.class,
            e -> {
              assertThat(e.promptTokens()).isEqualTo(602);
              assertThat(e.maxInputTokens()).isEqualTo(POSITIONS);
            })
        .hasMessageContaining("input[1]");
    try (MLCEngine usual = builder().threads(1).build()) {
      assertThat(usual.info().maxInputTokens()).isEqualTo(PUBLISHERS_LIMIT);
      assertThatThrownBy(
              () ->
                  usual.embeddings().create(EmbeddingCreateParams.builder().addInput(text).build()))
          .isInstanceOf(ContextLengthExceededException.class)
          .hasMessageContaining("302 tokens")
          .hasMessageContaining("at most 256")
          .hasMessageContaining("contextWindowSize");
    }
  }

  @Test
  void whatAModelDoesNotDoIsRefusedByName() {
    var request = ChatCompletionCreateParams.builder().addUserMessage("a").build();
    assertThatThrownBy(() -> engine.chat().completions().create(request))
        .isInstanceOfSatisfying(
            InvalidRequestException.class, e -> assertThat(e.parameter()).isEqualTo("model"))
        .hasMessageContaining("encoder of type bert");
    var text = CompletionCreateParams.builder().prompt("a").build();
    assertThatThrownBy(() -> engine.completions().create(text))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("text completions");
    try (MLCEngine chat = TestModel.builder().build()) {
      assertThatThrownBy(
              () -> chat.embeddings().create(EmbeddingCreateParams.builder().addInput("a").build()))
          .isInstanceOfSatisfying(
              InvalidRequestException.class, e -> assertThat(e.parameter()).isEqualTo("model"))
          .hasMessageContaining("language model of type llama");
    }
  }

  @Test
  void optionsThatEncodersHaveNoUseForAreRefused() {
    refused(builder().maxNumSequence(2), "maxNumSequence");
    refused(builder().maxTotalSequenceLength(512), "maxTotalSequenceLength");
    refused(builder().modelChatTemplate(true), "modelChatTemplate");
    refused(builder().contextWindowSize(513), "contextWindowSize", "at most 512", "513");
    refused(builder().prefillChunkSize(100), "prefillChunkSize", "256", "100");
  }

  private static void refused(MLCEngine.Builder builder, String parameter, String... parts) {
    assertThatThrownBy(builder::build)
        .isInstanceOfSatisfying(
            InvalidRequestException.class, e -> assertThat(e.parameter()).isEqualTo(parameter))
        .hasMessageContainingAll(parts.length == 0 ? new String[] {parameter} : parts);
  }

  @Test
  void factsAndMetricsAreThoseOfTheModel() {
    assertThat(engine.info().modelType()).isEqualTo("bert");
    assertThat(engine.info().cacheBytes()).isZero();
    assertThat(engine.info().weightBytes()).isGreaterThan(80L << 20);
    EngineMetrics before = engine.metrics();
    create(references.subList(0, 5));
    EngineMetrics after = engine.metrics().since(before);
    assertThat(after.prefill().tokens())
        .isEqualTo(references.subList(0, 5).stream().mapToInt(Reference::tokens).sum());
    assertThat(after.prefill().count()).isEqualTo(1);
    assertThat(after.decode().count()).isZero();
  }

  @Test
  void aClosedEngineRefusesRequestsAndHoldsNothing() {
    long live = TvmRuntime.liveCount();
    MLCEngine closed = builder().threads(1).build();
    closed.close();
    closed.close();
    assertThat(TvmRuntime.liveCount()).isEqualTo(live);
    assertThatThrownBy(
            () -> closed.embeddings().create(EmbeddingCreateParams.builder().addInput("a").build()))
        .isInstanceOf(EngineClosedException.class);
  }
}
