package org.mlcengine.runtime;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.DataType;
import org.mlcengine.bindings.Device;
import org.mlcengine.bindings.TvmCall;
import org.mlcengine.bindings.TvmFunction;
import org.mlcengine.bindings.TvmTensor;
import org.mlcengine.model.KvCacheShape;
import org.mlcengine.model.LibraryKernels;

/**
 * Blocks of TVM's paged KV cache. Reading them is the cache's own work. It has no call to write
 * them, so they pass through the one that computes attention, while the kernels take what they get
 * for keys that were rotated before and attend to nothing.
 */
final class TvmKvStore implements KvStore, AutoCloseable {
  private static final String RESTORE = "mlc.cpu.restore";

  private final KvCache cache;
  private final KvCacheShape shape;
  private final ModelFingerprint fingerprint;
  private final int blockBytes;
  private final TvmCall restore = TvmFunction.prepareGlobal(RESTORE, 0);
  private final TvmCall read =
      TvmFunction.prepareGlobal("vm.builtin.attention_kv_cache_debug_get_kv", 6);
  private final TvmCall write =
      TvmFunction.prepareGlobal("vm.builtin.attention_kv_cache_attention_with_fused_qkv", 5);
  private final ForwardBatch batch = new ForwardBatch();
  private @Nullable Buffers buffers;

  private TvmKvStore(KvCache cache, KvCacheShape shape, ModelFacts facts, int blockBytes) {
    this.cache = cache;
    this.shape = shape;
    this.blockBytes = blockBytes;
    fingerprint = new ModelFingerprint(facts);
    read.setObject(0, cache.object());
    write.setObject(0, cache.object()).setDouble(2, 1);
  }

  /** Makes the store of a model; empty where its library or the natives have no way to write. */
  static Optional<TvmKvStore> of(KvCache cache, ModelFacts facts) {
    boolean nativeKernels =
        facts.metadata().kernels().map(LibraryKernels::areNative).orElse(false)
            && TvmFunction.findGlobal(RESTORE).map(TvmKvStore::close).orElse(false);
    if (!nativeKernels || facts.plan().limits().prefillChunk() < BLOCK) {
      return Optional.empty();
    }
    return facts
        .metadata()
        .kvCache()
        .filter(shape -> bytes(shape) <= Integer.MAX_VALUE)
        .map(shape -> new TvmKvStore(cache, shape, facts, (int) bytes(shape)));
  }

  private static boolean close(TvmFunction function) {
    function.close();
    return true;
  }

  private static long bytes(KvCacheShape shape) {
    return shape.pageBytes() * BLOCK / KvCacheShape.PAGE_SIZE;
  }

  @Override
  public String fingerprint() {
    return fingerprint.text();
  }

  @Override
  public int blockBytes() {
    return blockBytes;
  }

  @Override
  public void read(long id, int from, MemorySegment target) {
    check(target);
    cache.requireTokens(id, from + BLOCK);
    Buffers memory = buffers();
    read.setInt(1, id).setInt(2, from).setInt(3, from + (long) BLOCK);
    cache.time().invoke(read);
    long half = blockBytes / 2;
    MemorySegment.copy(memory.keys.data(), 0, target, 0, half);
    MemorySegment.copy(memory.values.data(), 0, target, half, half);
  }

  @Override
  public void append(long id, MemorySegment source) {
    check(source);
    Buffers memory = buffers();
    batch.clear();
    batch.add(id, new int[BLOCK], 0, BLOCK);
    cache.begin(batch);
    cache.time().invoke(restore);
    for (int layer = 0; layer < shape.layers(); layer++) {
      fill(memory.rows.data(), source, layer);
      cache.time().invoke(write.setInt(1, layer));
    }
    cache.end();
  }

  /** Writes a layer's keys and values behind each token's place for queries. */
  private void fill(MemorySegment rows, MemorySegment source, int layer) {
    long part = (long) shape.kvHeads() * shape.headDim() * shape.dtype().bytes();
    long queries = (long) shape.attentionHeads() * shape.headDim() * shape.dtype().bytes();
    for (int token = 0; token < BLOCK; token++) {
      long from = ((long) layer * BLOCK + token) * part;
      long to = token * (queries + 2 * part) + queries;
      MemorySegment.copy(source, from, rows, to, part);
      MemorySegment.copy(source, blockBytes / 2 + from, rows, to + part, part);
    }
  }

  private void check(MemorySegment block) {
    if (block.byteSize() != blockBytes) {
      throw new IllegalArgumentException(
          "A block has %d bytes, got %d".formatted(blockBytes, block.byteSize()));
    }
  }

  private Buffers buffers() {
    if (buffers == null) {
      buffers = new Buffers(shape);
      read.setObject(4, buffers.keys).setObject(5, buffers.values);
      write.setObject(3, buffers.rows).setObject(4, buffers.attended);
    }
    return buffers;
  }

  @Override
  public void close() {
    restore.close();
    read.close();
    write.close();
    if (buffers != null) {
      buffers.close();
    }
  }

  /** Tensors that the calls take, made when the first block is copied. */
  private static final class Buffers {
    private final TvmTensor keys;
    private final TvmTensor values;
    private final TvmTensor rows;
    private final TvmTensor attended;

    Buffers(KvCacheShape shape) {
      DataType type = DataType.parse(shape.dtype().tvmName());
      int size = shape.headDim();
      keys = allocate(type, shape.layers(), BLOCK, shape.kvHeads(), size);
      values = allocate(type, shape.layers(), BLOCK, shape.kvHeads(), size);
      rows = allocate(type, BLOCK, shape.attentionHeads() + 2L * shape.kvHeads(), size);
      attended = allocate(type, BLOCK, shape.attentionHeads(), size);
    }

    private static TvmTensor allocate(DataType type, long... shape) {
      return TvmTensor.allocate(type, Device.CPU, shape);
    }

    void close() {
      keys.close();
      values.close();
      rows.close();
      attended.close();
    }
  }
}
