package org.mlcengine.runtime;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.TestModel;
import org.mlcengine.model.EngineMode;
import org.mlcengine.model.LimitRequest;

/**
 * A sequence's logits are the same to the bit whatever is in the batch with it, wherever its prompt
 * was cut, and whether its first tokens are shared with another.
 */
class SameLogitsTest {
  private static final int CHUNK = 1200;
  private static final int MOST_SEQUENCES = 16;
  private static final int[] PROMPT = new Random(5).ints(1200, 3, 40_000).toArray();

  private static TvmLanguageModel model;
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private final List<Long> open = new ArrayList<>();
  private long nextId;

  @BeforeAll
  static void open() {
    LimitRequest limits =
        new LimitRequest(EngineMode.SERVER, 2048, MOST_SEQUENCES, 8192, CHUNK, 0.85);
    model = TestModel.open(limits);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @AfterEach
  void allPagesComeBack() {
    int before = model.freePages();
    open.forEach(model::removeSequence);
    assertThat(model.freePages()).isGreaterThanOrEqualTo(before);
    assertThat(model.freePages()).isGreaterThanOrEqualTo(8192 / model.pageSize());
  }

  /** One entry of a batch: the tokens {@code from..to} of a prompt. */
  private record Entry(long id, int[] tokens, int from, int to) {}

  private long add() {
    model.addSequence(nextId);
    open.add(nextId);
    return nextId++;
  }

  private long fork(long parent, int length) {
    model.forkSequence(parent, nextId, length);
    open.add(nextId);
    return nextId++;
  }

  private void remove(long id) {
    model.removeSequence(id);
    open.remove(id);
  }

  /** Returns the logits of each entry, or of each token of a decode. */
  private static float[][] forward(Phase phase, Entry... entries) {
    ForwardBatch batch = new ForwardBatch();
    batch.phase(phase);
    for (Entry entry : entries) {
      batch.add(entry.id, entry.tokens, entry.from, entry.to - entry.from);
    }
    float[] all = model.forward(batch).toArray(JAVA_FLOAT);
    int size = model.vocabularySize();
    float[][] rows = new float[batch.logitRows()][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOfRange(all, i * size, (i + 1) * size);
    }
    return rows;
  }

  /** Prefills up to each of the ends in turn; returns the last logits. */
  private static float[] prefill(long id, int from, int... ends) {
    float[] logits = {};
    for (int end : ends) {
      if (end > from) {
        logits = forward(Phase.PREFILL, new Entry(id, PROMPT, from, end))[0];
        from = end;
      }
    }
    return logits;
  }

  private static float[] decode(long id, int at) {
    return forward(Phase.DECODE, new Entry(id, PROMPT, at, at + 1))[0];
  }

  private void assertSame(float[] found, float[] expected, String what) {
    int differing = 0;
    for (int i = 0; i < expected.length; i++) {
      if (Float.floatToRawIntBits(found[i]) != Float.floatToRawIntBits(expected[i])) {
        differing++;
      }
    }
    assertThat(differing).as("differing logits, %s, seed %d", what, seed).isZero();
  }

  /** The logits after a prompt that was prefilled whole, and after each of three decodes. */
  private float[][] reference(int length) {
    long id = add();
    float[][] logits = new float[4][];
    logits[0] = prefill(id, 0, length);
    for (int i = 0; i < 3; i++) {
      logits[i + 1] = decode(id, length + i);
    }
    remove(id);
    return logits;
  }

  private void assertGoesOn(long id, int length, float[][] reference, String what) {
    for (int i = 0; i < 3; i++) {
      assertSame(decode(id, length + i), reference[i + 1], what + ", decode " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {41, 200, 500, 1100})
  void whereverThePromptIsCut(int length) {
    float[][] reference = reference(length);
    for (int round = 0; round < 2; round++) {
      int cuts = random.nextInt(1, 6);
      int[] ends = random.ints(cuts + 1, 1, length).sorted().toArray();
      ends[cuts] = length;
      if (round == 0 && cuts > 1) {
        ends[0] = ends[1] - 1;
      }
      assertCut(length, ends, reference);
    }
    assertCut(length, new int[] {length - 2, length - 1, length}, reference);
  }

  private void assertCut(int length, int[] ends, float[][] reference) {
    String what = "prompt of %d in chunks to %s".formatted(length, Arrays.toString(ends));
    long id = add();
    assertSame(prefill(id, 0, ends), reference[0], what);
    assertGoesOn(id, length, reference, what);
    remove(id);
  }

  @Test
  void inChunksOfOneToken() {
    int[] ends = new int[70];
    Arrays.setAll(ends, i -> i + 1);
    assertCut(70, ends, reference(70));
  }

  @ParameterizedTest
  @ValueSource(ints = {41, 200, 500, 1100})
  void prefilledTogether(int length) {
    float[][] reference = reference(length);
    for (int others = 1; others < 4; others += 2) {
      Entry[] entries = new Entry[others + 1];
      int mine = random.nextInt(entries.length);
      int cut = random.nextInt(0, length);
      for (int i = 0; i < entries.length; i++) {
        int[] tokens = random.ints(40, 3, 40_000).toArray();
        entries[i] = new Entry(add(), tokens, 0, random.nextInt(1, 33));
      }
      long id = entries[mine].id;
      prefill(id, 0, cut);
      entries[mine] = new Entry(id, PROMPT, cut, length);
      String what = "prompt of %d from %d with %d others".formatted(length, cut, others);
      assertSame(forward(Phase.PREFILL, entries)[mine], reference[0], what);
      assertGoesOn(id, length, reference, what);
      for (Entry entry : entries) {
        remove(entry.id);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {41, 200, 500, 1100})
  void decodedTogether(int length) {
    float[][] reference = reference(length);
    long id = add();
    prefill(id, 0, length - 1, length);
    int[] sizes = {random.nextInt(2, 8), MOST_SEQUENCES, random.nextInt(8, MOST_SEQUENCES)};
    List<Entry> others = new ArrayList<>();
    for (int i = 1; i < MOST_SEQUENCES; i++) {
      int[] tokens = random.ints(200, 3, 40_000).toArray();
      int count = random.nextInt(1, 100);
      Entry whole = new Entry(add(), tokens, 0, count);
      forward(Phase.PREFILL, whole);
      others.add(new Entry(whole.id, tokens, count, count + 1));
    }
    for (int i = 0; i < 3; i++) {
      List<Entry> entries = new ArrayList<>(others.subList(0, sizes[i] - 1));
      int mine = random.nextInt(sizes[i]);
      entries.add(mine, new Entry(id, PROMPT, length + i, length + i + 1));
      float[] found = forward(Phase.DECODE, entries.toArray(Entry[]::new))[mine];
      assertSame(found, reference[i + 1], "%d tokens, %d together".formatted(length, sizes[i]));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {41, 200, 500, 1100})
  void forked(int length) {
    float[][] reference = reference(length);
    // Where a page is full, and where tokens of one are copied.
    int[] places = {length / 64 * 64, random.nextInt(1, length)};
    for (int place : places) {
      String what = "%d tokens, forked at %d".formatted(length, place);
      long parent = add();
      prefill(parent, 0, Math.min(length, place + random.nextInt(0, 20)));
      long child = fork(parent, place);
      long brother = fork(parent, place);
      int cut = random.nextInt(place, length + 1);
      if (place < length) {
        assertSame(prefill(child, place, cut, length), reference[0], what);
        prefill(brother, place, length);
      }
      // A brother's first block is the parent's, its second one that up to here, and then its own.
      long nephew = fork(brother, cut);
      prefill(nephew, cut, length);
      assertDecodeTogether(length, reference, what, child, brother, nephew);
      remove(parent);
      remove(nephew);
      for (int i = 1; i < 3; i++) {
        assertSame(decode(child, length + i), reference[i + 1], what + ", parent removed");
      }
      remove(child);
      remove(brother);
    }
  }

  private void assertDecodeTogether(int length, float[][] reference, String what, long... ids) {
    Entry[] entries = new Entry[ids.length];
    Arrays.setAll(entries, i -> new Entry(ids[i], PROMPT, length, length + 1));
    for (float[] found : forward(Phase.DECODE, entries)) {
      assertSame(found, reference[1], what + ", decoded together");
    }
  }

  @Test
  void prefillsOfForksTogether() {
    float[][] longer = reference(300);
    float[][] shorter = reference(150);
    long parent = add();
    prefill(parent, 0, 140);
    Entry[] entries = {
      new Entry(fork(parent, 128), PROMPT, 128, 300),
      new Entry(fork(parent, 128), PROMPT, 128, 150),
      new Entry(parent, PROMPT, 140, 300),
      new Entry(add(), PROMPT, 0, 150),
    };
    float[][] found = forward(Phase.PREFILL, entries);
    assertSame(found[0], longer[0], "the first fork");
    assertSame(found[1], shorter[0], "the second fork");
    assertSame(found[2], longer[0], "the parent");
    assertSame(found[3], shorter[0], "a new sequence");
    float[][] next =
        forward(
            Phase.DECODE,
            new Entry(entries[0].id, PROMPT, 300, 301),
            new Entry(entries[1].id, PROMPT, 150, 151));
    assertSame(next[0], longer[1], "the first fork's decode");
    assertSame(next[1], shorter[1], "the second fork's decode");
  }

  /** The logits of decodes of one token each, from a length on. */
  private float[][] decodes(int length, int count) {
    long id = add();
    prefill(id, 0, length);
    float[][] logits = new float[count][];
    Arrays.setAll(logits, i -> decode(id, length + i));
    remove(id);
    return logits;
  }

  private void assertVerified(
      float[][] found, int row, float[][] expected, int count, String what) {
    for (int i = 0; i < count; i++) {
      assertSame(found[row + i], expected[i], what + ", token " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 60, 500, 1017, 1100})
  void severalTokensOfADecode(int length) {
    float[][] reference = decodes(length, 9);
    long id = add();
    prefill(id, 0, length);
    for (int count = 1; count <= 9; count++) {
      float[][] found = forward(Phase.DECODE, new Entry(id, PROMPT, length, length + count));
      assertVerified(found, 0, reference, count, "%d of %d at once".formatted(count, length));
      model.truncateSequence(id, length);
    }
  }

  /** What was drafted is cut off and computed again with other tokens before and beside it. */
  @ParameterizedTest
  @ValueSource(ints = {60, 200, 1019})
  void severalTokensAfterCuts(int length) {
    float[][] reference = decodes(length, 40);
    long id = add();
    prefill(id, 0, length);
    int[] wrong = PROMPT.clone();
    int at = 0;
    while (at < 30) {
      int right = random.nextInt(1, 5);
      for (int i = at + right; i < at + 9; i++) {
        wrong[length + i] = random.nextInt(3, 40_000);
      }
      int count = random.nextInt(right, 10);
      float[][] found =
          forward(Phase.DECODE, new Entry(id, wrong, length + at, length + at + count));
      float[][] expected = Arrays.copyOfRange(reference, at, at + right);
      assertVerified(found, 0, expected, right, "%d of %d from %d".formatted(count, length, at));
      at += right;
      model.truncateSequence(id, length + at);
      System.arraycopy(PROMPT, 0, wrong, 0, wrong.length);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {63, 500, 1020})
  void severalTokensOfSomeOfABatch(int length) {
    float[][] reference = decodes(length, 9);
    long parent = add();
    prefill(parent, 0, length);
    // Forks that share whole pages, some of which have more of the prompt of their own.
    int shared = length / 16 * 16;
    for (int round = 0; round < 4; round++) {
      List<Entry> entries = new ArrayList<>();
      int left = model.mostVerified();
      for (int i = 0; i < 4; i++) {
        long id = i == 0 ? add() : fork(parent, i % 2 == 0 ? shared : length);
        prefill(id, i == 0 ? 0 : i % 2 == 0 ? shared : length, length);
        int count = random.nextBoolean() ? 1 : random.nextInt(1, Math.min(8, left - (3 - i)) + 1);
        left -= count;
        entries.add(random.nextInt(i + 1), new Entry(id, PROMPT, length, length + count));
      }
      float[][] found = forward(Phase.DECODE, entries.toArray(Entry[]::new));
      int row = 0;
      for (Entry entry : entries) {
        int count = entry.to - entry.from;
        assertVerified(found, row, reference, count, "%d, batch %s".formatted(length, entries));
        row += count;
        model.truncateSequence(entry.id, length + 1);
        assertSame(decode(entry.id, length + 1), reference[1], "after a cut");
        remove(entry.id);
      }
    }
  }

  @Test
  void forksShareTheirPages() {
    long parent = add();
    prefill(parent, 0, 100);
    int free = model.freePages();
    long aligned = fork(parent, 96);
    assertThat(model.freePages()).isEqualTo(free);
    fork(parent, 100);
    assertThat(model.freePages()).isEqualTo(free - 1);
    prefill(aligned, 96, 112);
    assertThat(model.freePages()).isEqualTo(free - 2);
    remove(parent);
    assertThat(model.freePages()).isEqualTo(free - 1);
  }

  @Test
  void refusesForksThatCannotBe() {
    long parent = add();
    prefill(parent, 0, 20);
    for (int length : new int[] {-1, 21}) {
      assertThatThrownBy(() -> model.forkSequence(parent, 9_999, length))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("20 tokens");
    }
    assertThatThrownBy(() -> model.forkSequence(parent, parent, 16))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> model.forkSequence(7_777, 9_999, 16))
        .isInstanceOf(IllegalArgumentException.class);
    ForwardBatch batch = new ForwardBatch();
    batch.phase(Phase.DECODE);
    batch.add(parent, PROMPT, 20, model.mostVerified() + 1);
    assertThatThrownBy(() -> model.forward(batch)).isInstanceOf(IllegalArgumentException.class);
  }
}
