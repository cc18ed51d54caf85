package org.mlcengine.scheduler;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.errors.QueueFullException;
import org.mlcengine.errors.RequestTimeoutException;
import org.mlcengine.runtime.KvStore;
import org.mlcengine.runtime.LanguageModel;
import org.mlcengine.runtime.Phase;
import org.mlcengine.speculation.Speculation;

/**
 * Advances sequences step by step. A step is a pass over parts of prompts, or one over the next
 * token of every sequence that is ready; where both are due they alternate, and the parts of
 * prompts are then as small as {@link ChunkBudget} says.
 *
 * <p>Sequences get places in the order of {@link WaitingLine}, while there are places and KV pages.
 * A sequence whose prompt begins as that of another shares its KV; one that could share more of a
 * prompt that is being computed waits for that. When pages run out, ended sequences that were kept
 * go first; then a sequence that runs gives its pages back and is computed again later.
 *
 * <p>With a {@link Speculation} a pass over next tokens may have drafted ones as well, which stay
 * where they are what the sequence draws. That changes no reply: each token is drawn from the
 * model's own logits by the sequence's own sampler.
 *
 * <p>A pass that fails costs its sequences their KV. Each of several is then tried alone, so that
 * only the one to blame fails.
 *
 * <p>{@link #submit}, {@link #wake}, {@link #drain}, {@link #close}, {@link #state} and the times
 * may be called from any thread. {@link #run} and {@link #step} belong to the thread that owns the
 * model.
 */
public final class Scheduler implements ModelScheduler {
  /** Passes with others that may fail before a sequence fails with them. */
  private static final int MAX_FAILURES = 3;

  private final LanguageModel model;
  private final StepRunner steps;
  private final SchedulerLimits limits;
  private final LongSupplier clock;
  private final StepMeter prefills = new StepMeter();
  private final StepMeter decodes = new StepMeter();

  private final Arrivals.Work work = new Work();
  private final Arrivals<Sequence> arrivals;
  private final EngineTasks tasks = new EngineTasks();
  private final IdleSequences idle = new IdleSequences();
  private final WaitingLine waiting = new WaitingLine();
  private final RunningSequences running = new RunningSequences();
  private final PrefixCache cache;
  private final KvRoom room;
  private final Admission admission;
  private final ChunkBudget chunk;
  private final @Nullable Speculation speculation;
  private final @Nullable DraftedDecode drafted;
  private boolean decodedLast = true;

  /** Whether the last step computed something, after which another sequence may have a place. */
  private boolean worked;

  private long preemptions;
  private volatile SchedulerState state;

  /**
   * Creates a scheduler.
   *
   * @param model opened by the thread that will call {@link #run}
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  public Scheduler(LanguageModel model, SchedulerLimits limits, LongSupplier clock) {
    this(model, limits, clock, null);
  }

  /**
   * Creates a scheduler that may draft tokens and verify several of a sequence in a pass.
   *
   * @param speculation what is drafted, closed at the end of {@link #run}; null for nothing
   */
  public Scheduler(
      LanguageModel model,
      SchedulerLimits limits,
      LongSupplier clock,
      @Nullable Speculation speculation) {
    this.model = model;
    this.steps = new StepRunner(model, clock);
    this.limits = limits;
    this.clock = clock;
    arrivals = new Arrivals<>(clock);
    cache = new PrefixCache(model, limits.maxKept());
    room = new KvRoom(model, cache);
    admission = new Admission(limits.maxSequences(), waiting, idle, running, cache, room);
    chunk = new ChunkBudget(limits.prefillChunk());
    this.speculation = speculation;
    drafted = speculation == null ? null : new DraftedDecode(speculation);
    state = new SchedulerState(0, 0, 0, model.freePages(), 0, 0, 0, 0);
  }

  /**
   * Puts the sequences of a request into the queue: all or none.
   *
   * @throws QueueFullException if there is no room for all
   * @throws EngineClosedException if the scheduler is closed
   * @throws EngineFailedException if the model failed before
   */
  public void submit(List<Sequence> sequences) {
    long now = clock.getAsLong();
    sequences.forEach(sequence -> sequence.submitted(now));
    arrivals.add(sequences, arrived -> requireRoom(sequences.size(), arrived));
  }

  private void requireRoom(int more, int arrived) {
    SchedulerState now = state;
    int ahead = arrived + now.waiting() + now.running();
    if (ahead + more > limits.maxSequences() + limits.maxQueue()) {
      throw new QueueFullException(
          ahead - Math.min(ahead, limits.maxSequences()), limits.maxQueue());
    }
  }

  /**
   * Has the engine's thread do something between two steps.
   *
   * @throws EngineClosedException if the scheduler is closed
   * @throws EngineFailedException if the model failed before
   */
  <T> CompletableFuture<T> execute(BiFunction<LanguageModel, PrefixCache, T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    arrivals.whileOpen(() -> tasks.add(() -> task.apply(model, cache), result));
    return result;
  }

  /** Returns what copies keys and values of the model. */
  Optional<KvStore> kvStore() {
    return model.kvStore();
  }

  /** Computes a sequence while no other one waits for a place; throws as {@link #execute} does. */
  void submitIdle(Sequence sequence) {
    arrivals.whileOpen(() -> idle.add(sequence));
    arrivals.wake();
  }

  /** Makes the scheduler look again at its sequences: one was cancelled, or a reader has room. */
  public void wake() {
    arrivals.wake();
  }

  @Override
  public void drain() {
    arrivals.drain();
    idle.cancelAll();
    arrivals.wake();
  }

  @Override
  public void close() {
    arrivals.close();
  }

  /** Returns what it does at the moment, as of its last step. */
  public SchedulerState state() {
    return arrivals.count(
        arrived -> {
          SchedulerState last = state;
          return new SchedulerState(
              last.waiting() + arrived,
              last.running(),
              last.kept(),
              last.freePages(),
              last.cachedTokens(),
              last.preemptions(),
              last.drafted(),
              last.accepted());
        });
  }

  /** Returns what the passes over parts of prompts have taken. */
  public StepTimes prefills() {
    return prefills.times();
  }

  /** Returns what the passes that computed the next tokens of sequences have taken. */
  public StepTimes decodes() {
    return decodes.times();
  }

  @Override
  public void run() {
    try {
      while (arrivals.await(work)) {
        worked = step();
      }
      failAll(arrivals.end(null), new EngineClosedException());
    } catch (RuntimeException | Error e) {
      EngineFailedException failed =
          new EngineFailedException("The model's state is lost: " + e.getMessage(), e);
      failAll(arrivals.end(failed), failed);
    } finally {
      if (speculation != null) {
        speculation.close();
      }
    }
  }

  /**
   * Runs one step if one is due.
   *
   * @return whether a step was run
   * @throws EngineFailedException if the model can no longer be used
   */
  boolean step() {
    long start = clock.getAsLong();
    arrivals.take(this::collect);
    dropEnded(start);
    tasks.runNext();
    admission.admit(sequence -> end(sequence, EndReason.ABORT));
    boolean decode = running.canDecode();
    boolean prefill = running.canPrefill() && (!decode || decodedLast);
    if (prefill) {
      decodedLast = false;
      List<Sequence> batch = running.planPrefill(chunk, decode);
      run(batch, Phase.PREFILL, start);
    } else if (decode) {
      decodedLast = true;
      List<Sequence> batch = running.planDecode();
      if (drafted != null) {
        drafted.plan(batch);
      }
      run(batch, Phase.DECODE, start);
    }
    publish();
    return prefill || decode;
  }

  /** Computes what the batch plans, in a step that began before. */
  private void run(List<Sequence> batch, Phase phase, long start) {
    while (!room.forPlans(batch)) {
      if (DraftedDecode.drop(batch)) {
        continue;
      }
      Sequence preempted = running.preempt();
      if (preempted == null) {
        break;
      }
      preemptions++;
      giveBack(preempted);
    }
    if (batch.isEmpty()) {
      return;
    }
    long nativeStart = model.nativeNanos();
    try {
      steps.compute(batch, phase);
    } catch (RuntimeException e) {
      settleFailure(List.copyOf(batch), e);
      return;
    }
    List<StepRunner.Outcome> outcomes = steps.sample(batch);
    // Whoever hears of an end finds this step among those that were measured.
    measure(batch, phase, clock.getAsLong() - start, model.nativeNanos() - nativeStart);
    settle(outcomes);
  }

  private void measure(List<Sequence> batch, Phase phase, long nanos, long nativeNanos) {
    if (phase == Phase.PREFILL) {
      batch.forEach(cache::computed);
      prefills.add(steps.kept(), nanos, nativeNanos);
      chunk.prefilled(steps.kept(), nanos);
    } else {
      decodes.add(steps.kept(), nanos, nativeNanos);
      chunk.decoded(nanos);
      if (drafted != null) {
        drafted.passed(batch, nanos);
      }
    }
  }

  /** The sequences that were taken. */
  private final class Work implements Arrivals.Work {
    @Override
    public boolean isDue() {
      return worked || !tasks.isEmpty() || running.canPrefill() || running.canDecode();
    }

    @Override
    public boolean isDone() {
      return running.all().isEmpty() && waiting.size() == 0;
    }

    @Override
    public long deadline() {
      return Math.min(waiting.earliestDeadline(), running.earliestDeadline());
    }
  }

  /** A call that comes meanwhile counts these among those that are ahead of it. */
  private void collect(Collection<Sequence> arrived) {
    waiting.addAll(arrived);
    publish();
  }

  private void dropEnded(long now) {
    waiting.removeIf(sequence -> over(sequence, now), sequence -> endEarly(sequence));
    for (Iterator<Sequence> all = running.all().iterator(); all.hasNext(); ) {
      Sequence sequence = all.next();
      if (over(sequence, now)) {
        cache.keep(sequence);
        all.remove();
        endEarly(sequence);
      }
    }
  }

  private static boolean over(Sequence sequence, long now) {
    return sequence.cancelled() || now >= sequence.deadline();
  }

  private void endEarly(Sequence sequence) {
    if (sequence.cancelled()) {
      end(sequence, EndReason.ABORT);
    } else {
      fail(sequence, new RequestTimeoutException(sequence.timeout()));
    }
  }

  /** A sequence loses its KV and waits for a place again. */
  private void giveBack(Sequence sequence) {
    if (sequence.idle()) {
      cache.drop(sequence);
      end(sequence, EndReason.ABORT);
      return;
    }
    // It waits, or runs, whenever the model may fail, so that it fails as well.
    waiting.addEvicted(sequence);
    cache.drop(sequence);
    sequence.evict();
  }

  private void settle(List<StepRunner.Outcome> outcomes) {
    for (StepRunner.Outcome outcome : outcomes) {
      Sequence sequence = outcome.sequence();
      cache.keep(sequence);
      running.all().remove(sequence);
      if (outcome.failure() != null) {
        fail(sequence, outcome.failure());
      } else if (outcome.end() != null) {
        end(sequence, outcome.end());
      }
    }
  }

  private void settleFailure(List<Sequence> batch, RuntimeException cause) {
    EngineFailedException failed =
        new EngineFailedException("The forward pass failed: " + cause.getMessage(), cause);
    for (Sequence sequence : batch.reversed()) {
      if (batch.size() > 1 && sequence.suspected() < MAX_FAILURES) {
        running.all().remove(sequence);
        giveBack(sequence);
      } else {
        cache.drop(sequence);
        running.all().remove(sequence);
        fail(sequence, failed);
      }
    }
  }

  /** Whoever hears of the end may submit another at once, and finds the place free. */
  private void end(Sequence sequence, EndReason reason) {
    idle.ended(sequence);
    try {
      publish();
    } finally {
      sequence.listener().onEnd(reason, sequence.times(clock.getAsLong()));
    }
  }

  private void fail(Sequence sequence, RuntimeException cause) {
    idle.ended(sequence);
    try {
      publish();
    } finally {
      sequence.listener().onFailure(cause);
    }
  }

  private void publish() {
    SchedulerState last = state;
    SchedulerState now =
        new SchedulerState(
            waiting.size(),
            running.awaited(),
            cache.keptCount(),
            model.freePages(),
            admission.cachedTokens(),
            preemptions,
            speculation == null ? 0 : speculation.drafted(),
            speculation == null ? 0 : speculation.accepted());
    if (!now.equals(last)) {
      state = now;
    }
  }

  private void failAll(List<Sequence> arrived, RuntimeException cause) {
    List<Sequence> left = new ArrayList<>(running.all());
    waiting.addAll(arrived);
    running.all().clear();
    waiting.removeIf(sequence -> true, left::add);
    for (Sequence next = idle.poll(); next != null; next = idle.poll()) {
      left.add(next);
    }
    tasks.failAll(cause);
    left.forEach(sequence -> sequence.listener().onFailure(cause));
  }
}
