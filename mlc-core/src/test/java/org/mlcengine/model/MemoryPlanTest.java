package org.mlcengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mlcengine.errors.InsufficientMemoryException;
import org.mlcengine.errors.InvalidRequestException;

class MemoryPlanTest {
  private static final long GIB = 1L << 30;

  /** 2 (K and V) x 2 layers x 2 heads x 16 tokens x 16 elements x 4 bytes. */
  private static final long PAGE_BYTES = 8192;

  @TempDir Path path;
  private ModelFolder folder;

  @BeforeEach
  void writeFolder() {
    folder = new ModelFolder(path);
  }

  @ParameterizedTest
  @CsvSource({
    // mode, context of the folder, batch of the library -> sequences, context, total, chunk
    "LOCAL,       2048, 8, 4, 2048, 2048, 512",
    "LOCAL,       2048, 2, 2, 2048, 2048, 512",
    "LOCAL,       32768, 8, 4, 8192, 8192, 512",
    "LOCAL,       256, 8, 4, 256, 256, 256",
    "INTERACTIVE, 32768, 8, 1, 32768, 32768, 512",
    "INTERACTIVE, 256, 8, 1, 256, 256, 256",
    "SERVER,      2048, 8, 8, 2048, 16384, 512",
    "SERVER,      256, 8, 8, 256, 2048, 512",
  })
  void infersLimitsByMode(
      EngineMode mode, int context, int batch, int sequences, int window, int total, int chunk) {
    folder.config.put("context_window_size", context);
    folder.metadata.put("context_window_size", 32768).put("max_batch_size", batch);

    EngineLimits limits = plan(LimitRequest.of(mode), 8 * GIB).limits();

    assertThat(limits)
        .isEqualTo(new EngineLimits(sequences, window, total, chunk, 16, total / 16 + 1));
  }

  @Test
  void countsTheRealBytes() {
    MemoryPlan plan = plan(LimitRequest.of(EngineMode.LOCAL), 8 * GIB);

    assertThat(plan.weightBytes()).isEqualTo(64 * 8 * 4 + 64 * 2 * 4 + 64 * 4);
    assertThat(plan.kvCacheBytes()).isEqualTo(129 * PAGE_BYTES);
    assertThat(plan.temporaryBytes()).isEqualTo(2 * 1048576);
    long auxiliary = 5 * 88 + 512 * 5 * 8 + 512 * 16 * 6 * 4 + 48 * 1048576;
    long model = 512 * 4 + 4 * 4 + (512 * 2 + 4) * 64 * 2;
    long logits = 4 * 20 + 4 * 64 * 129 / 8;
    assertThat(plan.workspaceBytes()).isEqualTo(auxiliary + model + logits);
    assertThat(plan.totalBytes())
        .isEqualTo(
            plan.weightBytes()
                + plan.kvCacheBytes()
                + plan.temporaryBytes()
                + plan.workspaceBytes());
  }

  @Test
  void aHalfPrecisionModelTakesHalfTheCache() {
    folder.metadata.put("quantization", "q4f16_1");
    assertThat(plan(LimitRequest.of(EngineMode.LOCAL), 8 * GIB).kvCacheBytes())
        .isEqualTo(129 * PAGE_BYTES / 2);
  }

  @Test
  void aSlidingWindowTakesTwoMorePagesPerSequence() {
    folder.config.put("sliding_window_size", 1024);
    assertThat(plan(LimitRequest.of(EngineMode.LOCAL), 8 * GIB).limits().pages())
        .isEqualTo(128 + 1 + 8);
  }

  @Test
  void shortensWhatIsInferredToWhatFits() {
    MemoryPlan ample = plan(LimitRequest.of(EngineMode.INTERACTIVE), 8 * GIB);
    long tight = ample.totalBytes() - 10 * PAGE_BYTES;

    MemoryPlan plan =
        plan(new LimitRequest(EngineMode.INTERACTIVE, null, null, null, null, 1), tight);

    assertThat(plan.limits().maxTotalTokens()).isEqualTo(2048 - 160);
    assertThat(plan.limits().contextWindow()).isEqualTo(2048 - 160);
    assertThat(plan.totalBytes()).isLessThanOrEqualTo(tight);
  }

  @Test
  void grantsAContextWindowBeyondWhatTheModeInfers() {
    folder.config.put("context_window_size", 32768);
    folder.metadata.put("context_window_size", 32768);

    EngineLimits limits =
        plan(request(EngineMode.LOCAL, 16000, null, null, null), 8 * GIB).limits();

    assertThat(limits.contextWindow()).isEqualTo(16000);
    assertThat(limits.maxTotalTokens()).isEqualTo(16000);
  }

  @Test
  void grantsEveryOption() {
    EngineLimits limits = plan(request(EngineMode.SERVER, 100, 3, 1000, 50), 8 * GIB).limits();
    assertThat(limits).isEqualTo(new EngineLimits(3, 100, 1000, 50, 16, 64));
  }

  @Test
  void refusesAContextWindowThatDoesNotFitWithFiguresAndOneThatDoes() {
    long available = 64 << 20;
    LimitRequest request = request(EngineMode.LOCAL, 2048 * 16, null, null, null);
    folder.metadata.put("context_window_size", -1);

    assertThatThrownBy(() -> plan(request, available))
        .isInstanceOf(InsufficientMemoryException.class)
        .hasMessageContainingAll(
            "32768 tokens need 67 MiB",
            "weights 1 MiB",
            "KV cache 17 MiB",
            "temporary buffers 2 MiB",
            "Available are 64 MiB, of which memoryUtilization 0.85 allows 55 MiB",
            "contextWindowSize=",
            "smaller quantization than q4f32_1");
  }

  @Test
  void saysWhenNoLimitHelps() {
    assertThatThrownBy(() -> plan(LimitRequest.of(EngineMode.LOCAL), 1 << 20))
        .isInstanceOf(InsufficientMemoryException.class)
        .hasMessageContaining("No single limit is enough: free some memory");
  }

  @ParameterizedTest
  @CsvSource({
    "contextWindowSize, 4096,,,, 2048",
    "maxNumSequence,, 9,,, 8",
    "prefillChunkSize,,,, 1024, 512",
    "contextWindowSize, 1024,, 512,, 512"
  })
  void refusesByNameWhatTheLibraryCannotDo(
      String option,
      @Nullable Integer context,
      @Nullable Integer sequences,
      @Nullable Integer total,
      @Nullable Integer chunk,
      String limit) {
    assertThatThrownBy(
            () -> plan(request(EngineMode.LOCAL, context, sequences, total, chunk), 8 * GIB))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContainingAll(option + ": ", limit);
  }

  @Test
  void refusesOptionsOutOfRange() {
    assertThatThrownBy(() -> request(EngineMode.LOCAL, null, 0, null, null))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("maxNumSequence: expected a positive number, found 0.");
    assertThatThrownBy(() -> new LimitRequest(EngineMode.LOCAL, null, null, null, null, Double.NaN))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("memoryUtilization");
  }

  @Test
  void plansFitAndSuggestionsWork() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    folder.metadata.put("context_window_size", -1).put("max_batch_size", 64);
    folder.metadata.put("prefill_chunk_size", 1 << 16);
    ModelConfig config = folder.readConfig();
    LibraryMetadata single = folder.readMetadata();
    folder.metadata.put("quantization", "q4f16_1");
    LibraryMetadata half = folder.readMetadata();
    int refused = 0;
    int suggested = 0;
    for (int i = 0; i < 2000; i++) {
      LimitRequest request = randomRequest(random);
      long available = random.nextLong(1 << 20, 400 << 20);
      LibraryMetadata library = random.nextBoolean() ? single : half;
      String context = "seed %d, round %d, %s, %d".formatted(seed, i, request, available);
      try {
        MemoryPlan plan = MemoryPlan.infer(library, config, request, available);
        assertThat(plan.totalBytes())
            .as(context)
            .isLessThanOrEqualTo((long) (available * request.memoryUtilization()));
        assertThat(plan.limits().pages() - 1)
            .as(context)
            .isEqualTo(Math.ceilDiv(plan.limits().maxTotalTokens(), 16));
      } catch (InsufficientMemoryException e) {
        refused++;
        suggested +=
            assertSuggestionsWork(
                config, library, request, available, String.valueOf(e.getMessage()), context);
      }
    }
    assertThat(refused).as("seed %d", seed).isBetween(100, 1900);
    assertThat(suggested).as("seed %d", seed).isGreaterThan(100);
  }

  private static int assertSuggestionsWork(
      ModelConfig config,
      LibraryMetadata library,
      LimitRequest request,
      long available,
      String message,
      String as) {
    Matcher suggestion =
        Pattern.compile("(\\w+=[0-9.]*[0-9](?: and \\w+=[0-9]+)?)(?= or |, or )")
            .matcher(message.substring(message.indexOf("Available")));
    int found = 0;
    while (suggestion.find()) {
      found++;
      LimitRequest changed = request;
      for (String option : suggestion.group(1).split(" and ", -1)) {
        changed = with(changed, option.split("=", -1)[0], option.split("=", -1)[1]);
      }
      LimitRequest tried = changed;
      assertThat(
              catchThrowableOfType(
                  RuntimeException.class,
                  () -> MemoryPlan.infer(library, config, tried, available)))
          .as("%s: %s of %s", as, suggestion.group(1), message)
          .isNull();
    }
    return found;
  }

  private static LimitRequest with(LimitRequest r, String option, String value) {
    boolean context = option.equals("contextWindowSize");
    boolean sequences = option.equals("maxNumSequence");
    boolean total = option.equals("maxTotalSequenceLength");
    boolean chunk = option.equals("prefillChunkSize");
    boolean share = option.equals("memoryUtilization");
    assertThat(context || sequences || total || chunk || share).as(option).isTrue();
    return new LimitRequest(
        r.mode(),
        context ? Integer.valueOf(value) : r.contextWindowSize(),
        sequences ? Integer.valueOf(value) : r.maxNumSequence(),
        total ? Integer.valueOf(value) : r.maxTotalSequenceLength(),
        chunk ? Integer.valueOf(value) : r.prefillChunkSize(),
        share ? Double.parseDouble(value) : r.memoryUtilization());
  }

  private static LimitRequest randomRequest(Random random) {
    Integer context = random.nextBoolean() ? random.nextInt(1, 1 << 18) : null;
    Integer total =
        random.nextInt(3) == 0
            ? Integer.valueOf(random.nextInt(1, 1 << 18) + (context == null ? 0 : context))
            : null;
    return new LimitRequest(
        EngineMode.values()[random.nextInt(3)],
        context,
        random.nextBoolean() ? random.nextInt(1, 65) : null,
        total,
        random.nextBoolean() ? random.nextInt(1, 1 << 16) : null,
        random.nextInt(1, 101) / 100.0);
  }

  private static LimitRequest request(
      EngineMode mode,
      @Nullable Integer context,
      @Nullable Integer sequences,
      @Nullable Integer total,
      @Nullable Integer chunk) {
    return new LimitRequest(
        mode, context, sequences, total, chunk, LimitRequest.DEFAULT_MEMORY_UTILIZATION);
  }

  private MemoryPlan plan(LimitRequest request, long available) {
    return MemoryPlan.infer(folder.readMetadata(), folder.readConfig(), request, available);
  }
}
