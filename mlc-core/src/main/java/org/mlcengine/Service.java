package org.mlcengine;

import java.time.Duration;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.scheduler.EncoderThread;
import org.mlcengine.scheduler.EngineThread;
import org.mlcengine.scheduler.Scheduler;
import org.mlcengine.scheduler.SchedulerState;
import org.mlcengine.scheduler.StepTimes;

/** What a model offers: each kind a part of the API, and a refusal of the rest. */
sealed interface Service extends AutoCloseable {
  ModelChat chat();

  ModelCompletions completions();

  ModelEmbeddings embeddings();

  EngineMetrics metrics();

  /** Refuses requests from now on, and closes the model when those it has are done. */
  void drain();

  /** Waits until the model is closed; returns at once where that was never asked for. */
  void awaitEnd();

  /** Returns whether the model is closed. */
  boolean hasEnded();

  @Override
  void close();

  /** A language model's. */
  record Text(
      EngineThread<?> engine,
      Requests requests,
      ModelChat chat,
      ModelCompletions completions,
      String modelType)
      implements Service {
    static Text of(EngineThread<?> engine, Requests requests, String modelType) {
      return new Text(
          engine, requests, new ModelChat(requests), new ModelCompletions(requests), modelType);
    }

    @Override
    public ModelEmbeddings embeddings() {
      throw new InvalidRequestException(
          "model",
          "expected a model that makes embeddings, found a language model of type %s. Open an encoder, such as one of the BERT family, for embeddings."
              .formatted(modelType));
    }

    @Override
    public EngineMetrics metrics() {
      Scheduler scheduler = engine.scheduler();
      SchedulerState state = scheduler.state();
      EngineMetrics.Load load =
          new EngineMetrics.Load(
              state.waiting(),
              state.running(),
              engine.model().pages(),
              state.freePages(),
              state.kept(),
              state.cachedTokens(),
              state.preemptions());
      return new EngineMetrics(steps(scheduler.prefills()), steps(scheduler.decodes()), load);
    }

    @Override
    public void drain() {
      engine.drain(requests::close);
    }

    @Override
    public void awaitEnd() {
      engine.awaitEnd();
    }

    @Override
    public boolean hasEnded() {
      return engine.hasEnded();
    }

    @Override
    public void close() {
      engine.close();
      requests.close();
    }
  }

  /** An encoder's. */
  record Vectors(EncoderThread<?> engine, ModelEmbeddings embeddings, String modelType)
      implements Service {
    @Override
    public ModelChat chat() {
      throw refused("chat");
    }

    @Override
    public ModelCompletions completions() {
      throw refused("text completions");
    }

    @Override
    public EngineMetrics metrics() {
      return new EngineMetrics(
          steps(engine.scheduler().times()),
          new EngineMetrics.Steps(0, 0, Duration.ZERO, Duration.ZERO),
          EngineMetrics.Load.NONE);
    }

    @Override
    public void drain() {
      engine.drain(() -> {});
    }

    @Override
    public void awaitEnd() {
      engine.awaitEnd();
    }

    @Override
    public boolean hasEnded() {
      return engine.hasEnded();
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
