package org.mlcengine.runtime;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mlcengine.TestModel;
import org.mlcengine.model.EngineMode;
import org.mlcengine.model.LimitRequest;

/** Keys and values that left the cache come back with the same bits. On the real model. */
class KvStoreTest {
  private static final int BLOCKS = 3;
  private static final int KEPT = BLOCKS * KvStore.BLOCK;
  private static final int[] PROMPT = new Random(7).ints(KEPT + 80, 3, 40_000).toArray();

  private static TvmLanguageModel model;
  private static KvStore store;

  @BeforeAll
  static void open() {
    LimitRequest limits = new LimitRequest(EngineMode.LOCAL, 512, 4, 2048, 128, 0.85);
    model = TestModel.open(limits);
    store = model.kvStore().orElseThrow();
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static float[] forward(Phase phase, long id, int from, int to) {
    ForwardBatch batch = new ForwardBatch();
    batch.phase(phase);
    batch.add(id, PROMPT, from, to - from);
    return model.forward(batch).toArray(JAVA_FLOAT);
  }

  private static void prefill(long id, int tokens) {
    model.addSequence(id);
    for (int from = 0; from < tokens; from += 100) {
      forward(Phase.PREFILL, id, from, Math.min(tokens, from + 100));
    }
  }

  private static List<byte[]> read(long id) {
    List<byte[]> blocks = new ArrayList<>();
    for (int block = 0; block < BLOCKS; block++) {
      byte[] bytes = new byte[store.blockBytes()];
      store.read(id, block * KvStore.BLOCK, MemorySegment.ofArray(bytes));
      blocks.add(bytes);
    }
    return blocks;
  }

  private static void restore(long id, List<byte[]> blocks) {
    model.addSequence(id);
    blocks.forEach(block -> store.append(id, MemorySegment.ofArray(block)));
  }

  private static void assertSame(List<byte[]> found, List<byte[]> expected) {
    for (int block = 0; block < BLOCKS; block++) {
      assertThat(found.get(block)).isEqualTo(expected.get(block));
    }
  }

  @Test
  void restoredBlocksHaveTheSameBits() {
    prefill(21, KEPT);
    List<byte[]> blocks = read(21);
    restore(22, blocks);
    assertSame(read(22), blocks);
    assertThat(blocks.get(0)).isNotEqualTo(new byte[store.blockBytes()]);
    assertThat(blocks.get(1)).isNotEqualTo(blocks.get(0));
    model.removeSequence(21);
    model.removeSequence(22);
  }

  @Test
  void whatFollowsIsTheSameToTheBit() {
    prefill(31, KEPT);
    List<byte[]> blocks = read(31);
    restore(32, blocks);
    for (long id : new long[] {31, 32}) {
      forward(Phase.PREFILL, id, KEPT, KEPT + 40);
    }
    for (int at = KEPT + 40; at < KEPT + 50; at++) {
      assertThat(forward(Phase.DECODE, 32, at, at + 1))
          .isEqualTo(forward(Phase.DECODE, 31, at, at + 1));
    }
    model.removeSequence(31);
    model.removeSequence(32);
  }

  @Test
  void sequencesThatAreForkedOffReadAsTheirParents() {
    prefill(41, KEPT + 20);
    List<byte[]> blocks = read(41);
    model.forkSequence(41, 42, KEPT);
    assertSame(read(42), blocks);
    model.removeSequence(41);
    assertSame(read(42), blocks);
    model.removeSequence(42);
  }

  @Test
  void whatWouldHarmTheCacheIsRefused() {
    prefill(51, 100);
    byte[] block = new byte[store.blockBytes()];
    assertThatThrownBy(() -> store.read(51, KvStore.BLOCK, MemorySegment.ofArray(block)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("There is no sequence 51 with 128 tokens");
    assertThatThrownBy(() -> store.read(99, 0, MemorySegment.ofArray(block)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.append(51, MemorySegment.ofArray(new byte[10])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("A block has %d bytes, got 10", store.blockBytes());
    model.removeSequence(51);
  }

  @Test
  void theFingerprintStaysTheSame() {
    assertThat(store.fingerprint()).hasSize(64).isEqualTo(store.fingerprint());
  }
}
