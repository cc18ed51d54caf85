package org.mlcengine.runtime;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.bindings.TvmArray;
import org.mlcengine.bindings.TvmRuntime;
import org.mlcengine.bindings.TvmTensor;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.model.DataType;
import org.mlcengine.model.LibraryParameter;
import org.mlcengine.model.WeightShard;
import org.mlcengine.model.WeightTensor;
import org.mlcengine.natives.Natives;

/** Tensors hold what the shards hold, wherever and however it is stored. */
class WeightsTest {
  private static final int SHARD_BYTES = 40_000;

  @TempDir Path folder;
  private final byte[] bytes = new byte[2 * SHARD_BYTES];
  private final List<WeightShard> shards = new ArrayList<>();
  private final Map<String, WeightTensor> tensors = new HashMap<>();
  private long live;

  @BeforeEach
  void write() throws IOException {
    Natives.load();
    live = TvmRuntime.liveCount();
    new Random(7).nextBytes(bytes);
    for (int i = 0; i < 2; i++) {
      Path file = folder.resolve("params_shard_%d.bin".formatted(i));
      Files.write(file, Arrays.copyOfRange(bytes, i * SHARD_BYTES, (i + 1) * SHARD_BYTES));
      shards.add(new WeightShard(file, SHARD_BYTES, Optional.empty()));
    }
  }

  @AfterEach
  void nothingIsLeft() {
    assertThat(TvmRuntime.liveCount()).isEqualTo(live);
  }

  private LibraryParameter add(
      int shard, long offset, long length, DataType type, DataType stored, Long... size) {
    List<Long> shape = List.of(size);
    String name = "tensor" + tensors.size();
    Path file = shards.get(shard).file();
    tensors.put(name, new WeightTensor(name, shape, type, stored, file, offset, length));
    return new LibraryParameter(name, shape, type);
  }

  private Weights open(List<LibraryParameter> parameters, LongConsumer progress) {
    Shards read = new Shards(shards, progress);
    try {
      return new Weights(read, tensors, parameters);
    } catch (RuntimeException e) {
      read.close();
      throw e;
    }
  }

  private static byte[] content(TvmArray parameters, int i) {
    try (TvmTensor tensor = parameters.get(i, TvmTensor.class)) {
      return tensor.data().toArray(JAVA_BYTE);
    }
  }

  private byte[] stored(int shard, int offset, int length) {
    int from = shard * SHARD_BYTES + offset;
    return Arrays.copyOfRange(bytes, from, from + length);
  }

  @Test
  void everyTensorHoldsItsPartOfTheShard() {
    List<LibraryParameter> parameters =
        List.of(
            add(1, 128, 1200, DataType.UINT32, DataType.UINT32, 30L, 10L),
            add(0, 64, 14, DataType.FLOAT16, DataType.FLOAT16, 7L),
            add(0, 78, 198, DataType.FLOAT16, DataType.FLOAT16, 33L, 3L),
            add(1, SHARD_BYTES - 5, 5, DataType.INT8, DataType.INT8, 5L));
    List<Long> progress = new ArrayList<>();
    try (Weights weights = open(parameters, progress::add)) {
      assertThat(content(weights.parameters(), 0)).isEqualTo(stored(1, 128, 1200));
      assertThat(content(weights.parameters(), 1)).isEqualTo(stored(0, 64, 14));
      assertThat(content(weights.parameters(), 2)).isEqualTo(stored(0, 78, 198));
      assertThat(content(weights.parameters(), 3)).isEqualTo(stored(1, SHARD_BYTES - 5, 5));
      try (TvmTensor tensor = weights.parameters().get(0, TvmTensor.class)) {
        assertThat(tensor.shape()).containsExactly(30, 10);
      }
      for (int i = 0; i < parameters.size(); i++) {
        try (TvmTensor tensor = weights.parameters().get(i, TvmTensor.class)) {
          assertThat(tensor.data().address() % 64).as("alignment of tensor %d", i).isZero();
        }
      }
    }
    assertThat(progress).containsExactly((long) SHARD_BYTES, 2L * SHARD_BYTES);
  }

  @Test
  void bfloat16IsWidened() {
    LibraryParameter parameter = add(1, 6, 66, DataType.FLOAT32, DataType.BFLOAT16, 3L, 11L);
    try (Weights weights = open(List.of(parameter), done -> {})) {
      MemorySegment widened = MemorySegment.ofArray(content(weights.parameters(), 0));
      byte[] source = stored(1, 6, 66);
      for (int i = 0; i < 33; i++) {
        int upper = (source[2 * i] & 0xff) | source[2 * i + 1] << 8;
        assertThat(Float.floatToRawIntBits(widened.getAtIndex(JAVA_FLOAT_UNALIGNED, i)))
            .as("element %d", i)
            .isEqualTo(upper << 16);
      }
    }
  }

  @Test
  void aShardThatIsGoneIsNamed() throws IOException {
    LibraryParameter parameter = add(0, 0, 5, DataType.INT8, DataType.INT8, 5L);
    Files.delete(shards.get(1).file());
    assertThatThrownBy(() -> open(List.of(parameter), done -> {}).close())
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContainingAll("params_shard_1.bin", "convert the model again");
  }

  @Test
  void aShardThatIsCutShortIsNamed() throws IOException {
    LibraryParameter parameter = add(0, 0, 5, DataType.INT8, DataType.INT8, 5L);
    Files.write(shards.get(0).file(), new byte[SHARD_BYTES - 1]);
    assertThatThrownBy(() -> open(List.of(parameter), done -> {}).close())
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContainingAll("params_shard_0.bin", "1 bytes early");
  }

  @Test
  void whatAListenerThrowsIsThrown() {
    LibraryParameter parameter = add(0, 0, 5, DataType.INT8, DataType.INT8, 5L);
    assertThatThrownBy(
            () ->
                open(
                        List.of(parameter),
                        done -> {
                          throw new ArithmeticException("enough");
                        })
                    .close())
        .isInstanceOf(ArithmeticException.class)
        .hasMessage("enough");
  }

  @Test
  void closingWaitsForWhatIsBeingRead() throws InterruptedException {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Shards read =
        new Shards(
            shards,
            done -> {
              reading.countDown();
              join(goOn);
            });
    reading.await();
    Thread closer = Thread.ofPlatform().start(read::close);
    closer.join(Duration.ofMillis(50));
    assertThat(closer.isAlive()).isTrue();
    goOn.countDown();
    closer.join();
    read.close();
  }

  private static void join(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
