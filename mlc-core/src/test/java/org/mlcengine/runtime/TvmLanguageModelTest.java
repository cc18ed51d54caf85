package org.mlcengine.runtime;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mlcengine.TestModel;
import org.mlcengine.model.EngineMode;
import org.mlcengine.model.LimitRequest;

/** The forward pass on the real model. JUnit runs a class on one thread, which owns the model. */
class TvmLanguageModelTest {
  /**
   * The kernels round activations to 8 bits, and a number between two codes may take either when a
   * step has another shape. A wrong page or position makes an error of about 1.
   */
  private static final double LARGEST_ERROR = 0.25;

  private static final int[] PROMPT = new Random(5).ints(40, 3, 40_000).toArray();

  private static TvmLanguageModel model;
  private long nextId;

  @BeforeAll
  static void open() {
    LimitRequest limits = new LimitRequest(EngineMode.LOCAL, 512, 4, 1024, 128, 0.85);
    model = TestModel.open(limits);
  }

  @AfterAll
  static void close() {
    model.close();
    model.close();
  }

  private long sequence() {
    model.addSequence(nextId);
    return nextId++;
  }

  private float[] forward(long id, int from, int to) {
    ForwardBatch batch = new ForwardBatch();
    batch.add(id, PROMPT, from, to - from);
    return model.forward(batch).toArray(JAVA_FLOAT);
  }

  private float[] whole(int length) {
    long id = sequence();
    float[] logits = forward(id, 0, length);
    model.removeSequence(id);
    return logits;
  }

  /** The size of all errors, relative to the size of the logits, is small. */
  private static void assertNear(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    double errors = 0;
    double size = 0;
    for (int i = 0; i < found.length; i++) {
      errors += Math.pow(found[i] - expected[i], 2);
      size += Math.pow(expected[i], 2);
    }
    assertThat(Math.sqrt(errors / size)).isLessThan(LARGEST_ERROR);
  }

  @Test
  void prefillThenDecodeEqualsALongerPrefill() {
    float[] expected = whole(40);
    long id = sequence();
    forward(id, 0, 33);
    for (int i = 33; i < 39; i++) {
      forward(id, i, i + 1);
    }
    float[] decoded = forward(id, 39, 40);
    model.removeSequence(id);

    assertNear(decoded, expected);
  }

  @Test
  void chunkedPrefillEqualsWholePrefill() {
    float[] expected = whole(40);
    for (int chunk : new int[] {1, 7, 16, 39}) {
      long id = sequence();
      float[] logits = {};
      for (int from = 0; from < 40; from += chunk) {
        logits = forward(id, from, Math.min(40, from + chunk));
      }
      model.removeSequence(id);
      assertNear(logits, expected);
    }
  }

  @Test
  void aBatchEqualsItsSequencesAlone() {
    int[] lengths = {5, 20, 33};
    long[] ids = {sequence(), sequence(), sequence()};
    ForwardBatch batch = new ForwardBatch();
    for (int i = 0; i < 3; i++) {
      batch.add(ids[i], PROMPT, 0, lengths[i]);
    }
    float[] prefilled = model.forward(batch).toArray(JAVA_FLOAT);
    batch.clear();
    for (int i = 0; i < 3; i++) {
      batch.add(ids[i], PROMPT, lengths[i], 1);
    }
    float[] decoded = model.forward(batch).toArray(JAVA_FLOAT);
    for (long id : ids) {
      model.removeSequence(id);
    }

    for (int i = 0; i < 3; i++) {
      assertNear(row(prefilled, i), whole(lengths[i]));
      assertNear(row(decoded, i), whole(lengths[i] + 1));
    }
  }

  private static float[] row(float[] logits, int row) {
    int size = model.vocabularySize();
    return Arrays.copyOfRange(logits, row * size, (row + 1) * size);
  }

  @Test
  void refusesWhatWouldCorruptTheCache() {
    long id = sequence();
    ForwardBatch unknown = new ForwardBatch();
    unknown.add(999_999, PROMPT, 0, 1);
    ForwardBatch twice = new ForwardBatch();
    twice.add(id, PROMPT, 0, 1);
    twice.add(id, PROMPT, 0, 1);
    ForwardBatch outside = new ForwardBatch();
    outside.add(id, new int[] {model.vocabularySize()}, 0, 1);
    ForwardBatch tooLong = new ForwardBatch();
    tooLong.add(id, new int[129], 0, 129);

    for (ForwardBatch batch : new ForwardBatch[] {unknown, twice, outside, tooLong}) {
      assertThatThrownBy(() -> model.forward(batch)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> model.addSequence(id)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> model.removeSequence(77_777))
        .isInstanceOf(IllegalArgumentException.class);
    assertNear(forward(id, 0, 40), whole(40));
    model.removeSequence(id);
  }

  @Test
  void refusesMoreTokensThanThereArePages() {
    long id = sequence();
    ForwardBatch batch = new ForwardBatch();
    int[] tokens = new int[128];
    int chunks = 0;
    try {
      while (true) {
        batch.clear();
        batch.add(id, tokens, 0, 128);
        model.forward(batch);
        chunks++;
      }
    } catch (IllegalStateException e) {
      assertThat(e).hasMessageContaining("KV pages");
    }
    model.removeSequence(id);
    assertThat(chunks).isEqualTo(model.pages() * 16 / 128);
  }
}
