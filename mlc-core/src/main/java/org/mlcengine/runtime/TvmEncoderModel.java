package org.mlcengine.runtime;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.DataType;
import org.mlcengine.bindings.TvmCall;
import org.mlcengine.bindings.TvmException;
import org.mlcengine.bindings.TvmRuntime;
import org.mlcengine.bindings.TvmTensorBuffer;
import org.mlcengine.bindings.TvmTensorView;
import org.mlcengine.errors.ModelLibraryMismatchException;

/** A model library of an encoder with its weights. */
public final class TvmEncoderModel implements EncoderModel {
  private final ModelLibrary library;
  private final Weights weights;
  private final ModelFacts facts;
  private final NativeTime time = new NativeTime();
  private final TvmTensorBuffer tokens;
  private final TvmTensorBuffer positions;
  private final TvmTensorBuffer starts;
  private final TvmCall encode;
  private final TvmTensorView hidden = new TvmTensorView();
  private final int hiddenSize;
  private boolean closed;

  /** Takes ownership of the library and the weights. */
  TvmEncoderModel(ModelLibrary library, Weights weights, ModelFacts facts) {
    this.library = library;
    this.weights = weights;
    this.facts = facts;
    int most = maxBatchTokens();
    tokens = TvmTensorBuffer.allocate(DataType.INT32, most);
    positions = TvmTensorBuffer.allocate(DataType.INT32, most);
    starts = TvmTensorBuffer.allocate(DataType.INT32, most + 1);
    encode =
        library
            .prepare("batch_prefill", 4)
            .setTensor(0, tokens)
            .setTensor(1, positions)
            .setTensor(2, starts)
            .setObject(3, weights.parameters());
    try {
      hiddenSize = measure();
    } catch (RuntimeException e) {
      encode.close();
      throw e;
    }
  }

  /** Runs one token, which besides brings the library's code into memory. */
  private int measure() {
    tokens.setLength(1);
    positions.setLength(1);
    starts.setLength(2).data().setAtIndex(ValueLayout.JAVA_INT, 1, 1);
    try {
      encode.invoke();
      if (hidden.bind(encode).rank() == 2) {
        return Math.toIntExact(hidden.dimension(1));
      }
    } catch (TvmException e) {
      throw mismatch(e.getMessage(), e);
    }
    throw mismatch("it returns %d dimensions".formatted(hidden.rank()), null);
  }

  private ModelLibraryMismatchException mismatch(
      @Nullable String problem, @Nullable TvmException cause) {
    return new ModelLibraryMismatchException(
        "The model library %s cannot compute a text: %s. Compile it again with this version's mlc compile."
            .formatted(facts.library(), problem),
        cause);
  }

  /** Returns what was read and planned when the model was opened. */
  public ModelFacts facts() {
    return facts;
  }

  @Override
  public int hiddenSize() {
    return hiddenSize;
  }

  @Override
  public int maxBatchTokens() {
    return facts.plan().limits().prefillChunk();
  }

  @Override
  public int maxTextTokens() {
    return facts.plan().limits().contextWindow();
  }

  @Override
  public long nativeNanos() {
    return time.nanos();
  }

  @Override
  public MemorySegment encode(ForwardBatch batch) {
    check(batch);
    batch.copyTokens(tokens.data());
    tokens.setLength(batch.tokenCount());
    positions.setLength(batch.tokenCount());
    starts.setLength(batch.size() + 1L);
    int at = 0;
    starts.data().setAtIndex(ValueLayout.JAVA_INT, 0, 0);
    for (int i = 0; i < batch.size(); i++) {
      for (int position = 0; position < batch.length(i); position++) {
        positions.data().setAtIndex(ValueLayout.JAVA_INT, at++, position);
      }
      starts.data().setAtIndex(ValueLayout.JAVA_INT, i + 1L, at);
    }
    time.invoke(encode);
    return hidden(batch.tokenCount());
  }

  private MemorySegment hidden(int rows) {
    MemorySegment data = hidden.bind(encode).data();
    long expected = (long) rows * hiddenSize * Float.BYTES;
    if (!hidden.dataType().equals(DataType.FLOAT32) || data.byteSize() != expected) {
      throw new IllegalStateException(
          "Expected float32 hidden states of %d bytes, got %s of %d bytes."
              .formatted(expected, hidden.dataType(), data.byteSize()));
    }
    return data;
  }

  private void check(ForwardBatch batch) {
    if (batch.size() == 0 || batch.tokenCount() > maxBatchTokens()) {
      throw new IllegalArgumentException(
          "A batch needs 1 to %d tokens, got %d".formatted(maxBatchTokens(), batch.tokenCount()));
    }
    for (int i = 0; i < batch.size(); i++) {
      if (batch.length(i) > maxTextTokens()) {
        throw new IllegalArgumentException(
            "A text may have %d tokens, got %d".formatted(maxTextTokens(), batch.length(i)));
      }
    }
    int vocabulary = facts.config().vocabSize();
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
    encode.close();
    library.close();
    weights.close();
    TvmRuntime.trimMemory();
  }
}
