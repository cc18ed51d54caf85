package org.mlcengine.runtime;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/**
 * A model without natives: the next token is a function of the tokens so far. Fails where a real
 * model would be corrupted: unknown or doubled sequences, and more pages than there are.
 */
public final class ScriptedModel implements LanguageModel {
  private static final int PAGE_SIZE = 16;

  private final int vocabularySize;
  private final int pages;
  private final ToIntFunction<List<Integer>> script;
  private final Map<Long, Content> sequences = new HashMap<>();
  private final List<List<Integer>> steps = new ArrayList<>();
  private Predicate<ForwardBatch> failing = batch -> false;
  private int mostVerified;
  private boolean failNext;
  private boolean failNextAdd;
  private boolean failRemovals;
  private boolean closed;

  /** The tokens of a sequence, and its pages, which others may share. */
  private static final class Content {
    private final List<Integer> tokens = new ArrayList<>();
    private final List<Object> pages = new ArrayList<>();

    void add(int token) {
      if (tokens.size() == PAGE_SIZE * pages.size()) {
        pages.add(new Object());
      }
      tokens.add(token);
    }
  }

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

  /** Makes the passes throw that match. */
  public void failIf(Predicate<ForwardBatch> condition) {
    failing = condition;
  }

  /** Makes the next call that adds a sequence throw, which no request can cause. */
  public void failNextAdd() {
    failNextAdd = true;
  }

  /** Makes calls throw that remove or cut a sequence, which no request can cause. */
  public void failRemovals() {
    failRemovals = true;
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  /** Sets how many tokens a decode may have that verifies drafted ones; 0 at first. */
  public void mostVerified(int tokens) {
    mostVerified = tokens;
  }

  @Override
  public int mostVerified() {
    return mostVerified;
  }

  @Override
  public int pages() {
    return pages;
  }

  @Override
  public int pageSize() {
    return PAGE_SIZE;
  }

  @Override
  public void addSequence(long id) {
    if (failNextAdd) {
      throw new IllegalStateException("scripted loss");
    }
    if (sequences.put(id, new Content()) != null) {
      throw new IllegalStateException("sequence " + id + " exists");
    }
  }

  @Override
  public void removeSequence(long id) {
    requireRemovals();
    if (sequences.remove(id) == null) {
      throw new IllegalStateException("no sequence " + id);
    }
  }

  @Override
  public int freePages() {
    return pages
        - (int)
            sequences.values().stream()
                .flatMap(content -> content.pages.stream())
                .distinct()
                .count();
  }

  @Override
  public void forkSequence(long parent, long child, int length) {
    Content source = content(parent);
    if (length % PAGE_SIZE != 0 || length > source.tokens.size()) {
      throw new IllegalStateException("cannot fork " + parent + " at " + length);
    }
    addSequence(child);
    Content copy = content(child);
    copy.tokens.addAll(source.tokens.subList(0, length));
    copy.pages.addAll(source.pages.subList(0, length / PAGE_SIZE));
  }

  @Override
  public void truncateSequence(long id, int length) {
    requireRemovals();
    Content content = content(id);
    content.tokens.subList(length, content.tokens.size()).clear();
    content.pages.subList(Math.ceilDiv(length, PAGE_SIZE), content.pages.size()).clear();
  }

  private void requireRemovals() {
    if (failRemovals) {
      throw new IllegalStateException("scripted loss");
    }
  }

  private Content content(long id) {
    Content content = sequences.get(id);
    if (content == null) {
      throw new IllegalStateException("no sequence " + id);
    }
    return content;
  }

  @Override
  public MemorySegment forward(ForwardBatch batch) {
    if (failNext || failing.test(batch)) {
      failNext = false;
      throw new IllegalStateException("scripted failure");
    }
    MemorySegment logits =
        Arena.ofAuto().allocate((long) batch.logitRows() * vocabularySize * Float.BYTES, 4);
    boolean decode = batch.phase() == Phase.DECODE;
    if (decode && batch.tokenCount() > batch.size() && batch.tokenCount() > mostVerified) {
      throw new IllegalStateException(batch.tokenCount() + " tokens are too many to verify");
    }
    List<Integer> lengths = new ArrayList<>();
    int position = 0;
    int row = 0;
    for (int i = 0; i < batch.size(); i++) {
      Content content = content(batch.sequenceId(i));
      for (int j = 0; j < batch.length(i); j++) {
        content.add(batch.token(position++));
        if (decode || j == batch.length(i) - 1) {
          int next = script.applyAsInt(content.tokens);
          logits.setAtIndex(JAVA_FLOAT, (long) row++ * vocabularySize + next, 1);
        }
      }
      lengths.add(batch.length(i));
    }
    steps.add(lengths);
    if (freePages() < 0) {
      throw new IllegalStateException(-freePages() + " pages too many are used");
    }
    return logits;
  }

  /** Returns a store whose blocks are the tokens themselves. */
  @Override
  public Optional<KvStore> kvStore() {
    return Optional.of(
        new KvStore() {
          @Override
          public String fingerprint() {
            return "scripted";
          }

          @Override
          public int blockBytes() {
            return BLOCK * Integer.BYTES;
          }

          @Override
          public void read(long id, int from, MemorySegment target) {
            List<Integer> block = content(id).tokens.subList(from, from + BLOCK);
            for (int i = 0; i < BLOCK; i++) {
              target.setAtIndex(JAVA_INT_UNALIGNED, i, block.get(i));
            }
          }

          @Override
          public void append(long id, MemorySegment source) {
            for (int i = 0; i < BLOCK; i++) {
              content(id).add(source.getAtIndex(JAVA_INT_UNALIGNED, i));
            }
            if (freePages() < 0) {
              throw new IllegalStateException(-freePages() + " pages too many are used");
            }
          }
        });
  }

  @Override
  public void close() {
    closed = true;
  }
}
