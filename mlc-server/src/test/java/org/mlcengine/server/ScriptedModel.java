package org.mlcengine.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.RequestInterruptedException;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.Completion;
import org.mlcengine.protocol.CompletionCreateParams;
import org.mlcengine.protocol.EmbeddingCreateParams;
import org.mlcengine.protocol.EmbeddingResponse;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.protocol.RequestMetrics;
import org.mlcengine.protocol.Role;
import org.mlcengine.protocol.Usage;

/** A model whose replies are written beforehand, and that can be held between their pieces. */
final class ScriptedModel implements ModelService {
  private final List<String> pieces;
  private final Semaphore steps = new Semaphore(0);
  private final CountDownLatch started = new CountDownLatch(1);
  private final CountDownLatch cancelled = new CountDownLatch(1);
  private boolean held;
  private @Nullable RuntimeException refusal;
  private @Nullable RuntimeException failure;

  ScriptedModel(String... pieces) {
    this.pieces = List.of(pieces);
  }

  /** Makes each piece wait until {@link #step}. */
  ScriptedModel held() {
    held = true;
    return this;
  }

  /** Makes each request be refused. */
  ScriptedModel refusing(RuntimeException why) {
    refusal = why;
    return this;
  }

  /** Makes each reply fail behind its pieces. */
  ScriptedModel failing(RuntimeException why) {
    failure = why;
    return this;
  }

  /** Lets pieces go on. */
  void step(int count) {
    steps.release(count);
  }

  /** Waits until a request is here. */
  void awaitStart() throws InterruptedException {
    started.await();
  }

  /** Waits until a request was cancelled before its end. */
  void awaitCancel() throws InterruptedException {
    cancelled.await();
  }

  @Override
  public ModelFacts facts() {
    return new ModelFacts(1700000000, 4096);
  }

  @Override
  public ChatCompletion chat(ChatCompletionCreateParams params) {
    return new ChatCompletion(
        "chatcmpl-1",
        1,
        params.model().orElseThrow(),
        List.of(
            new ChatCompletion.Choice(
                0, ChatMessage.assistant(whole()), FinishReason.STOP, Optional.empty())),
        Optional.of(usage()));
  }

  @Override
  public Completion complete(CompletionCreateParams params) {
    return completion(params, List.of(choice(whole())), Optional.of(usage()));
  }

  @Override
  public Chunks<ChatCompletionChunk> streamChat(ChatCompletionCreateParams params) {
    String model = params.model().orElseThrow();
    return chunks(
        i ->
            new ChatCompletionChunk(
                "chatcmpl-1",
                1,
                model,
                i < 0
                    ? List.of()
                    : List.of(
                        new ChatCompletionChunk.Choice(
                            0,
                            new ChatCompletionChunk.Delta(
                                i == 0 ? Optional.of(Role.ASSISTANT) : Optional.empty(),
                                Optional.of(pieces.get(i))),
                            Optional.empty())),
                i < 0 ? Optional.of(usage()) : Optional.empty()));
  }

  @Override
  public Chunks<Completion> streamComplete(CompletionCreateParams params) {
    return chunks(
        i ->
            i < 0
                ? completion(params, List.of(), Optional.of(usage()))
                : completion(params, List.of(choice(pieces.get(i))), Optional.empty()));
  }

  @Override
  public EmbeddingResponse embed(EmbeddingCreateParams params) {
    whole();
    return new EmbeddingResponse(
        params.model().orElseThrow(),
        List.of(new EmbeddingResponse.Embedding(0, 0.5f, -1)),
        new Usage(3, 0),
        params.encodingFormat());
  }

  @Override
  public ModelState state() {
    return new ModelState(List.of(ModelState.Measurement.gauge("mlc_batch_size", 3, "Sequences.")));
  }

  private static Completion.Choice choice(String text) {
    return new Completion.Choice(0, text, Optional.empty());
  }

  private static Completion completion(
      CompletionCreateParams params, List<Completion.Choice> choices, Optional<Usage> usage) {
    return new Completion("cmpl-1", 1, params.model().orElseThrow(), choices, usage);
  }

  private Usage usage() {
    return new Usage(
        7,
        pieces.size(),
        2,
        Optional.of(
            new RequestMetrics(
                7,
                pieces.size(),
                5,
                pieces.size() - 1,
                Duration.ofMillis(20),
                Duration.ofMillis(60))));
  }

  private String whole() {
    begin();
    for (int i = 0; i < pieces.size(); i++) {
      await();
    }
    if (failure != null) {
      throw failure;
    }
    return String.join("", pieces);
  }

  private void begin() {
    started.countDown();
    if (refusal != null) {
      throw refusal;
    }
  }

  private void await() {
    if (!held) {
      return;
    }
    try {
      steps.acquire();
    } catch (InterruptedException e) {
      cancelled.countDown();
      throw new RequestInterruptedException(e);
    }
  }

  private <T> Chunks<T> chunks(IntFunction<T> chunk) {
    begin();
    return new Pieces<>(chunk);
  }

  private final class Pieces<T> implements Chunks<T> {
    private final IntFunction<T> chunk;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean ended;

    Pieces(IntFunction<T> chunk) {
      this.chunk = chunk;
    }

    @Override
    public Iterator<T> iterator() {
      List<Integer> order = new ArrayList<>();
      for (int i = 0; i < pieces.size(); i++) {
        order.add(i);
      }
      if (failure == null) {
        order.add(-1);
      }
      Iterator<Integer> indices = order.iterator();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          if (closed.get()) {
            return false;
          }
          if (!indices.hasNext()) {
            ended = true;
            if (failure != null) {
              throw failure;
            }
          }
          return !ended;
        }

        @Override
        public T next() {
          int index = indices.next();
          if (index >= 0) {
            await();
          }
          return chunk.apply(index);
        }
      };
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true) && !ended) {
        cancelled.countDown();
        steps.release(pieces.size());
      }
    }
  }
}
