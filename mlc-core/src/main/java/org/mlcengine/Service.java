package org.mlcengine;

import java.time.Duration;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.runtime.LanguageModel;
import org.mlcengine.scheduler.EncoderScheduler;
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

  /** Returns the thread that runs the model. */
  EngineThread<?, ?> engine();

  /** Frees what requests have left; the model is closed. Doing it again does nothing. */
  void free();

  /** Refuses requests from now on, and closes the model when those it has are done. */
  default void drain() {
    engine().drain(this::free);
  }

  /** Waits until the model is closed, which was asked for before. */
  default void awaitEnd() {
    engine().awaitEnd();
  }

  /** Returns whether the model is closed. */
  default boolean hasEnded() {
    return engine().hasEnded();
  }

  @Override
  default void close() {
    engine().close();
    free();
  }

  /** A language model's. */
  record Text(
      EngineThread<? extends LanguageModel, Scheduler> engine,
      Requests requests,
      ModelChat chat,
      ModelCompletions completions,
      String modelType)
      implements Service {
    static Text of(
        EngineThread<? extends LanguageModel, Scheduler> engine,
        Requests requests,
        String modelType) {
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
              state.preemptions(),
              state.drafted(),
              state.accepted());
      return new EngineMetrics(steps(scheduler.prefills()), steps(scheduler.decodes()), load);
    }

    @Override
    public void free() {
      requests.close();
    }
  }

  /** An encoder's. */
  record Vectors(
      EngineThread<?, EncoderScheduler> engine, ModelEmbeddings embeddings, String modelType)
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
      EncoderScheduler scheduler = engine.scheduler();
      return new EngineMetrics(
          steps(scheduler.times()),
          new EngineMetrics.Steps(0, 0, Duration.ZERO, Duration.ZERO),
          EngineMetrics.Load.ofEncoder(scheduler.waiting(), scheduler.running()));
    }

    @Override
    public void free() {}

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
