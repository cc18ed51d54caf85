package org.mlcengine.runtime;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.DataType;
import org.mlcengine.bindings.TvmCall;
import org.mlcengine.bindings.TvmFunction;
import org.mlcengine.bindings.TvmRuntime;
import org.mlcengine.bindings.TvmTensorBuffer;
import org.mlcengine.bindings.TvmTensorView;
import org.mlcengine.model.EngineLimits;
import org.mlcengine.model.MemoryPlan;
import org.mlcengine.runtime.KvCache.ShapeArgument;

/** A model library with its weights and its KV cache. */
public final class TvmLanguageModel implements LanguageModel {
  private static final int KERNELS_PREFILL = 1;
  private static final int KERNELS_DECODE = 2;

  private final ModelLibrary library;
  private final Weights weights;
  private final KvCache cache;
  private final ModelFacts facts;
  private final NativeTime time;
  private final TvmTensorBuffer tokens;
  private final TvmTensorBuffer positions;
  private final TvmCall embed;
  private final TvmCall reshape;
  private final ShapeArgument embeddingShape;
  private final TvmCall prefill;
  private final TvmCall decode;
  private final TvmCall batchPrefill;
  private final TvmCall batchDecode;
  private final @Nullable TvmCall batchVerify;
  private final @Nullable TvmCall phase;
  private final Optional<TvmKvStore> store;
  private final TvmTensorView embedding = new TvmTensorView();
  private final TvmTensorView logits = new TvmTensorView();
  private boolean closed;

  /** Takes ownership of the library, the weights and the cache. */
  TvmLanguageModel(ModelLibrary library, Weights weights, KvCache cache, ModelFacts facts) {
    this.library = library;
    this.weights = weights;
    this.cache = cache;
    this.facts = facts;
    this.time = cache.time();
    EngineLimits limits = facts.plan().limits();
    tokens = TvmTensorBuffer.allocate(DataType.INT32, batchTokens(limits));
    positions = TvmTensorBuffer.allocate(DataType.INT32, limits.maxSequences());
    embed = library.prepare("embed", 2).setTensor(0, tokens).setObject(1, weights.parameters());
    reshape = TvmFunction.prepareGlobal("vm.builtin.reshape", 2).setResultOf(0, embed);
    embeddingShape = new ShapeArgument(reshape, 1);
    phase =
        TvmFunction.findGlobal("mlc.cpu.phase")
            .map(
                function -> {
                  try (function) {
                    return function.prepare(2);
                  }
                })
            .orElse(null);
    prefill = step("prefill");
    decode = step("decode");
    batchDecode = step("batch_decode");
    batchVerify = library.has("batch_verify") ? step("batch_verify") : null;
    batchPrefill =
        library
            .prepare("batch_prefill", 4)
            .setResultOf(0, reshape)
            .setTensor(1, positions)
            .setObject(2, cache.object())
            .setObject(3, weights.parameters());
    store = TvmKvStore.of(cache, facts);
  }

  private static int batchTokens(EngineLimits limits) {
    return Math.max(limits.prefillChunk(), limits.maxSequences());
  }

  private TvmCall step(String function) {
    return library
        .prepare(function, 3)
        .setResultOf(0, reshape)
        .setObject(1, cache.object())
        .setObject(2, weights.parameters());
  }

  /** Returns what was read and planned when the model was opened. */
  public ModelFacts facts() {
    return facts;
  }

  @Override
  public int vocabularySize() {
    return facts.config().vocabSize();
  }

  @Override
  public int pages() {
    return facts.plan().limits().pages();
  }

  @Override
  public int pageSize() {
    return facts.plan().limits().pageSize();
  }

  @Override
  public int mostVerified() {
    EngineLimits limits = facts.plan().limits();
    return batchVerify == null ? 0 : Math.min(MemoryPlan.MOST_VERIFIED, limits.prefillChunk());
  }

  @Override
  public long nativeNanos() {
    return time.nanos();
  }

  @Override
  public void addSequence(long id) {
    cache.addSequence(id);
  }

  @Override
  public int freePages() {
    return cache.freePages();
  }

  @Override
  public void forkSequence(long parent, long child, int length) {
    cache.forkSequence(parent, child, length);
  }

  @Override
  public void truncateSequence(long id, int length) {
    cache.truncateSequence(id, length);
  }

  @Override
  public void removeSequence(long id) {
    cache.removeSequence(id);
  }

  @Override
  public Optional<KvStore> kvStore() {
    return store.map(found -> found);
  }

  @Override
  public MemorySegment forward(ForwardBatch batch) {
    check(batch);
    setPhase(batch);
    batch.copyTokens(tokens.data());
    tokens.setLength(batch.tokenCount());
    time.invoke(embed);
    boolean decoding = batch.tokenCount() == batch.size();
    reshape(batch, decoding);
    cache.begin(batch);
    TvmCall step = step(batch, decoding);
    time.invoke(step);
    cache.end();
    return logits(step, batch.logitRows());
  }

  /** Tells the kernels, if they ask. A library that does not call them takes no notice. */
  private void setPhase(ForwardBatch batch) {
    if (phase != null) {
      phase.setInt(0, batch.phase() == Phase.PREFILL ? KERNELS_PREFILL : KERNELS_DECODE);
      phase.setInt(1, cache.hasHistory(batch) ? 1 : 0);
      time.invoke(phase);
    }
  }

  private void reshape(ForwardBatch batch, boolean decoding) {
    long hidden = embedding.bind(embed).dimension(1);
    embeddingShape.set(0, decoding ? batch.size() : 1);
    embeddingShape.set(1, decoding ? 1 : batch.tokenCount());
    embeddingShape.set(2, hidden);
    embeddingShape.pass(3);
    time.invoke(reshape);
  }

  private TvmCall step(ForwardBatch batch, boolean decoding) {
    if (decoding) {
      return batch.size() == 1 ? decode : batchDecode;
    }
    if (batch.phase() == Phase.DECODE && batchVerify != null) {
      return batchVerify;
    }
    if (batch.size() == 1) {
      return prefill;
    }
    int last = -1;
    for (int i = 0; i < batch.size(); i++) {
      last += batch.length(i);
      positions.data().setAtIndex(ValueLayout.JAVA_INT, i, last);
    }
    positions.setLength(batch.size());
    return batchPrefill;
  }

  private MemorySegment logits(TvmCall step, int rows) {
    MemorySegment data = logits.bindElement(step, 0).data();
    long expected = (long) rows * vocabularySize() * Float.BYTES;
    if (!logits.dataType().equals(DataType.FLOAT32) || data.byteSize() != expected) {
      throw new IllegalStateException(
          "Expected float32 logits of %d bytes, got %s of %d bytes."
              .formatted(expected, logits.dataType(), data.byteSize()));
    }
    return data;
  }

  private void check(ForwardBatch batch) {
    EngineLimits limits = facts.plan().limits();
    if (batch.size() == 0 || batch.size() > limits.maxSequences()) {
      throw new IllegalArgumentException(
          "A batch needs 1 to %d sequences, got %d".formatted(limits.maxSequences(), batch.size()));
    }
    if (batch.tokenCount() > batchTokens(limits)) {
      throw new IllegalArgumentException(
          "A batch may have %d tokens, got %d".formatted(batchTokens(limits), batch.tokenCount()));
    }
    if (batch.phase() == Phase.DECODE
        && batch.tokenCount() > batch.size()
        && batch.tokenCount() > mostVerified()) {
      throw new IllegalArgumentException(
          "A decode has one token for each sequence, or at most %d in all, got %d for %d"
              .formatted(mostVerified(), batch.tokenCount(), batch.size()));
    }
    int vocabulary = vocabularySize();
    for (int i = 0; i < batch.tokenCount(); i++) {
      int token = batch.token(i);
      if (token < 0 || token >= vocabulary) {
        throw new IllegalArgumentException(
            "Token id %d is not in the vocabulary of %d".formatted(token, vocabulary));
      }
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (TvmCall call :
        new TvmCall[] {prefill, decode, batchPrefill, batchDecode, reshape, embed}) {
      call.close();
    }
    if (phase != null) {
      phase.close();
    }
    if (batchVerify != null) {
      batchVerify.close();
    }
    store.ifPresent(TvmKvStore::close);
    embeddingShape.close();
    cache.close();
    library.close();
    weights.close();
    TvmRuntime.trimMemory();
  }
}
