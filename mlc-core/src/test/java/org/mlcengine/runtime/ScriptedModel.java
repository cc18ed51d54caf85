package org.mlcengine.runtime;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * A model without natives: the next token is a function of the tokens so far. Fails where a real
 * model would be corrupted: unknown or doubled sequences, and more pages than there are.
 */
public final class ScriptedModel implements LanguageModel {
  private final int vocabularySize;
  private final int pages;
  private final ToIntFunction<List<Integer>> script;
  private final Map<Long, List<Integer>> sequences = new HashMap<>();
  private final List<List<Integer>> steps = new ArrayList<>();
  private boolean failNext;
  private boolean failNextAdd;
  private boolean closed;

  /** Creates a model whose next token is {@code script} of all tokens so far. */
  public ScriptedModel(int vocabularySize, int pages, ToIntFunction<List<Integer>> script) {
    this.vocabularySize = vocabularySize;
    this.pages = pages;
    this.script = script;
  }

  /** Returns the lengths of the entries of every step so far. */
  public List<List<Integer>> steps() {
    return steps;
  }

  /** Returns the number of sequences that hold pages. */
  public int sequenceCount() {
    return sequences.size();
  }

  /** Returns whether the model was closed. */
  public boolean closed() {
    return closed;
  }

  /** Makes the next forward pass throw. */
  public void failNext() {
    failNext = true;
  }

  /** Makes the next call that adds a sequence throw, which no request can cause. */
  public void failNextAdd() {
    failNextAdd = true;
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public int pages() {
    return pages;
  }

  @Override
  public int freePages() {
    return pages - usedPages();
  }

  /** The pages of all sequences: none is shared. */
  private int usedPages() {
    return sequences.values().stream().mapToInt(tokens -> (tokens.size() + 15) / 16).sum();
  }

  @Override
  public int pageSize() {
    return 16;
  }

  @Override
  public void addSequence(long id) {
    if (failNextAdd) {
      throw new IllegalStateException("scripted loss");
    }
    if (sequences.put(id, new ArrayList<>()) != null) {
      throw new IllegalStateException("sequence " + id + " exists");
    }
  }

  @Override
  public void forkSequence(long parent, long child, int length) {
    List<Integer> tokens = sequences.get(parent);
    if (tokens == null || length > tokens.size()) {
      throw new IllegalStateException("no " + length + " tokens in sequence " + parent);
    }
    addSequence(child);
    sequences.get(child).addAll(tokens.subList(0, length));
  }

  @Override
  public void removeSequence(long id) {
    if (sequences.remove(id) == null) {
      throw new IllegalStateException("no sequence " + id);
    }
  }

  @Override
  public MemorySegment forward(ForwardBatch batch) {
    if (failNext) {
      failNext = false;
      throw new IllegalStateException("scripted failure");
    }
    MemorySegment logits =
        Arena.ofAuto().allocate((long) batch.size() * vocabularySize * Float.BYTES, 4);
    List<Integer> lengths = new ArrayList<>();
    int position = 0;
    for (int i = 0; i < batch.size(); i++) {
      List<Integer> tokens = sequences.get(batch.sequenceId(i));
      if (tokens == null) {
        throw new IllegalStateException("no sequence " + batch.sequenceId(i));
      }
      for (int j = 0; j < batch.length(i); j++) {
        tokens.add(batch.token(position++));
      }
      logits.setAtIndex(JAVA_FLOAT, (long) i * vocabularySize + script.applyAsInt(tokens), 1);
      lengths.add(batch.length(i));
    }
    steps.add(lengths);
    int used = usedPages();
    if (used > pages) {
      throw new IllegalStateException(used + " pages used of " + pages);
    }
    return logits;
  }

  @Override
  public void close() {
    closed = true;
  }
}
