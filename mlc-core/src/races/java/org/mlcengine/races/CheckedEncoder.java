package org.mlcengine.races;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.mlcengine.runtime.EncoderModel;
import org.mlcengine.runtime.ForwardBatch;

/**
 * An encoder whose hidden states say nothing, and that objects to what it must not be asked for.
 */
public final class CheckedEncoder implements EncoderModel {
  private static final MemorySegment HIDDEN = Arena.global().allocate(64, 4);

  private final Owner owner;
  private int texts;

  /** Creates an encoder that computes two tokens in a call. */
  public CheckedEncoder(Owner owner) {
    this.owner = owner;
    owner.open();
  }

  /** Returns how many texts it has computed. */
  public int texts() {
    return texts;
  }

  @Override
  public int hiddenSize() {
    return 1;
  }

  @Override
  public int maxBatchTokens() {
    return 2;
  }

  @Override
  public int maxTextTokens() {
    return 2;
  }

  @Override
  public MemorySegment encode(ForwardBatch batch) {
    owner.use();
    texts += batch.size();
    return HIDDEN;
  }

  @Override
  public void close() {
    owner.close();
  }
}
