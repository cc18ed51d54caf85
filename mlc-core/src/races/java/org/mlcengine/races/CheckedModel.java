package org.mlcengine.races;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import org.mlcengine.runtime.ForwardBatch;
import org.mlcengine.runtime.LanguageModel;

/** A model that only counts tokens, and objects to what it must not be asked for. */
public final class CheckedModel implements LanguageModel {
  private static final MemorySegment LOGITS = Arena.global().allocate(64, 4);

  private final Owner owner;
  private final int pages;
  private final Map<Long, Integer> lengths = new HashMap<>();
  private int used;
  private int failures;
  private boolean lost;

  /** Creates a model with pages of one token. */
  public CheckedModel(Owner owner, int pages) {
    this.owner = owner;
    this.pages = pages;
    owner.open();
  }

  /** Makes so many passes throw. */
  public CheckedModel failing(int passes) {
    failures = passes;
    return this;
  }

  /** Makes it refuse sequences, which no request can cause. */
  public void lose() {
    lost = true;
  }

  @Override
  public int vocabularySize() {
    return 1;
  }

  @Override
  public int mostVerified() {
    return 0;
  }

  @Override
  public int pages() {
    return pages;
  }

  @Override
  public int pageSize() {
    return 1;
  }

  @Override
  public int freePages() {
    owner.use();
    return pages - used;
  }

  @Override
  public void addSequence(long id) {
    owner.use();
    if (lost) {
      throw new IllegalStateException("scripted loss");
    }
    if (lengths.put(id, 0) != null) {
      throw new AssertionError("sequence " + id + " is there already");
    }
  }

  @Override
  public void forkSequence(long parent, long child, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void truncateSequence(long id, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void removeSequence(long id) {
    owner.use();
    Integer length = lengths.remove(id);
    if (length == null) {
      throw new AssertionError("no sequence " + id);
    }
    used -= length;
  }

  @Override
  public MemorySegment forward(ForwardBatch batch) {
    owner.use();
    if (failures > 0) {
      failures--;
      throw new IllegalStateException("scripted failure");
    }
    for (int i = 0; i < batch.size(); i++) {
      long id = batch.sequenceId(i);
      lengths.put(id, lengths.getOrDefault(id, 0) + batch.length(i));
      used += batch.length(i);
    }
    if (used > pages) {
      throw new AssertionError("there are not so many pages");
    }
    return LOGITS;
  }

  @Override
  public void close() {
    owner.close();
  }
}
