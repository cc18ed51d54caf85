package org.mlcengine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.bindings.TvmRuntime;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.ModelLibraryMismatchException;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.errors.ModelNotLoadedException;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.FinishReason;

/** A model that takes another's place, on the real model. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReloadTest {
  private MLCEngine engine;

  @BeforeEach
  void open() {
    engine =
        MLCEngine.builder()
            .model(TestModel.folder())
            .contextWindowSize(256)
            .maxTotalSequenceLength(256)
            .build();
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private static ChatCompletionCreateParams request(int maxTokens) {
    return ChatCompletionCreateParams.builder()
        .addUserMessage("Tell me a story.")
        .temperature(0)
        .ignoreEos(true)
        .maxTokens(maxTokens)
        .build();
  }

  private String reply(int maxTokens) {
    return engine
        .chat()
        .completions()
        .create(request(maxTokens))
        .choices()
        .getFirst()
        .message()
        .content()
        .orElseThrow();
  }

  @Test
  void aReplyUnderWayEndsOnTheModelBefore() {
    String expected = reply(60);
    Chat chat = engine.chat();
    try (CompletionStream<ChatCompletionChunk> stream =
        chat.completions().createStreaming(request(60))) {
      Iterator<ChatCompletionChunk> chunks = stream.iterator();
      StringBuilder text = new StringBuilder(text(chunks.next()));
      engine.reload(TestModel.folder());
      assertThat(chat.completions().create(request(60)).choices().getFirst().message().content())
          .contains(expected);
      FinishReason reason = null;
      while (chunks.hasNext()) {
        ChatCompletionChunk chunk = chunks.next();
        text.append(text(chunk));
        reason = chunk.choices().getFirst().finishReason().orElse(null);
      }
      assertThat(text).hasToString(expected);
      assertThat(reason).isEqualTo(FinishReason.LENGTH);
    }
  }

  private static String text(ChatCompletionChunk chunk) {
    return chunk.choices().getFirst().delta().content().orElse("");
  }

  @Test
  void noRequestIsLostWhileModelsChange() throws Exception {
    String expected = reply(8);
    AtomicBoolean enough = new AtomicBoolean();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> counts = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        counts.add(
            callers.submit(
                () -> {
                  int count = 0;
                  while (!enough.get()) {
                    assertThat(reply(8)).isEqualTo(expected);
                    count++;
                  }
                  return count;
                }));
      }
      for (int i = 0; i < 5; i++) {
        engine.reload(TestModel.folder());
      }
      enough.set(true);
      for (Future<Integer> count : counts) {
        assertThat(count.get()).isPositive();
      }
    }
  }

  @Test
  void aModelThatCannotBeOpenedLeavesTheOneBefore(@TempDir Path nothing) {
    String expected = reply(6);
    assertThatThrownBy(() -> engine.reload(nothing)).isInstanceOf(ModelLoadException.class);
    assertThat(reply(6)).isEqualTo(expected);
  }

  /** What is wrong with a model folder. */
  private interface Damage {
    void to(Path folder) throws IOException;
  }

  private static void replace(Path file, byte[] bytes) throws IOException {
    Files.delete(file);
    Files.write(file, bytes);
  }

  private static Path library(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".so")).findFirst().orElseThrow();
    }
  }

  @Test
  void aBrokenModelLeavesTheOneBefore(@TempDir Path temporary) throws IOException {
    Map<String, Damage> damages =
        Map.of(
            "a shard that is cut off",
            folder -> {
              Path shard = folder.resolve("params_shard_0.bin");
              replace(shard, Arrays.copyOf(Files.readAllBytes(shard), 10_000));
            },
            "a library that is cut off",
            folder -> {
              Path library = library(folder);
              replace(library, Arrays.copyOf(Files.readAllBytes(library), 5_000));
            },
            "a config that is no JSON",
            folder -> replace(folder.resolve("mlc-chat-config.json"), "{\"a\": ".getBytes(UTF_8)),
            "an index of another model",
            folder ->
                replace(folder.resolve("tensor-cache.json"), "{\"records\": []}".getBytes(UTF_8)),
            "a tokenizer that is no JSON",
            folder -> replace(folder.resolve("tokenizer.json"), new byte[100]));
    String expected = reply(6);
    long live = TvmRuntime.liveCount();
    int count = 0;
    for (Map.Entry<String, Damage> damage : damages.entrySet()) {
      Path folder = TestModel.copyInto(temporary.resolve("model-" + count++));
      try {
        damage.getValue().to(folder);
        assertThatThrownBy(() -> engine.reload(folder))
            .as(damage.getKey())
            .isInstanceOfAny(ModelLoadException.class, ModelLibraryMismatchException.class);
      } finally {
        unlink(folder);
      }
      assertThat(reply(6)).as(damage.getKey()).isEqualTo(expected);
      assertThat(TvmRuntime.liveCount()).as(damage.getKey()).isEqualTo(live);
    }
    engine.reload(TestModel.folder());
    assertThat(reply(6)).isEqualTo(expected);
  }

  /** JUnit would warn of each link that leads out of the temporary folder. */
  private static void unlink(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (Files.isSymbolicLink(file)) {
          Files.delete(file);
        }
      }
    }
  }

  @Test
  void anUnloadedModelCanBeLoadedAgain() {
    String expected = reply(6);
    engine.unload();
    engine.unload();
    assertThatThrownBy(() -> reply(6))
        .isInstanceOf(ModelNotLoadedException.class)
        .hasMessageContaining("reload");
    assertThatThrownBy(() -> engine.info()).isInstanceOf(ModelNotLoadedException.class);
    engine.reload(TestModel.folder());
    assertThat(reply(6)).isEqualTo(expected);
  }

  @Test
  void closingClosesTheModelsThatAreLeaving() {
    try (CompletionStream<ChatCompletionChunk> stream =
        engine.chat().completions().createStreaming(request(200))) {
      Iterator<ChatCompletionChunk> chunks = stream.iterator();
      chunks.next();
      engine.reload(TestModel.folder());
      engine.close();
      assertThatThrownBy(
              () -> {
                while (chunks.hasNext()) {
                  chunks.next();
                }
              })
          .isInstanceOf(EngineClosedException.class);
    }
    assertThatThrownBy(() -> engine.reload(TestModel.folder()))
        .isInstanceOf(EngineClosedException.class);
    assertThatThrownBy(() -> reply(6)).isInstanceOf(EngineClosedException.class);
  }
}
