package org.mlcengine;

import java.time.Duration;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.scheduler.EncoderThread;
import org.mlcengine.scheduler.EngineThread;
import org.mlcengine.scheduler.Scheduler;
import org.mlcengine.scheduler.StepTimes;

/** What an engine offers: each kind of model a part of the API, and a refusal of the rest. */
sealed interface Service extends AutoCloseable {
  Chat chat();

  Completions completions();

  Embeddings embeddings();

  EngineMetrics metrics();

  @Override
  void close();

  /** A language model's. */
  record Text(
      EngineThread<?> engine,
      Requests requests,
      Chat chat,
      Completions completions,
      String modelType)
      implements Service {
    static Text of(EngineThread<?> engine, Requests requests, String modelType) {
      return new Text(
          engine,
          requests,
          new Chat(new ChatCompletions(requests)),
          new Completions(requests),
          modelType);
    }

    @Override
    public Embeddings embeddings() {
      throw new InvalidRequestException(
          "model",
          "expected a model that makes embeddings, found a language model of type %s. Open an encoder, such as one of the BERT family, for embeddings."
              .formatted(modelType));
    }

    @Override
    public EngineMetrics metrics() {
      Scheduler scheduler = engine.scheduler();
      return new EngineMetrics(steps(scheduler.prefills()), steps(scheduler.decodes()));
    }

    @Override
    public void close() {
      engine.close();
      requests.close();
    }
  }

  /** An encoder's. */
  record Vectors(EncoderThread<?> engine, Embeddings embeddings, String modelType)
      implements Service {
    @Override
    public Chat chat() {
      throw refused("chat");
    }

    @Override
    public Completions completions() {
      throw refused("text completions");
    }

    @Override
    public EngineMetrics metrics() {
      return new EngineMetrics(
          steps(engine.scheduler().times()),
          new EngineMetrics.Steps(0, 0, Duration.ZERO, Duration.ZERO));
    }

    @Override
    public void close() {
      engine.close();
    }

    private InvalidRequestException refused(String task) {
      return new InvalidRequestException(
          "model",
          "expected a language model for %s, found an encoder of type %s, which makes embeddings. Open a language model."
              .formatted(task, modelType));
    }
  }

  private static EngineMetrics.Steps steps(StepTimes times) {
    return new EngineMetrics.Steps(
        times.steps(),
        times.tokens(),
        Duration.ofNanos(times.nanos()),
        Duration.ofNanos(times.nativeNanos()));
  }
}
