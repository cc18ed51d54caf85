package org.mlcengine.bindings;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LargePagesTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 4097, 2 << 20, (5 << 20) + 3})
  void memoryIsZeroAlignedWritableAndFreedOnClose(long bytes) {
    MemorySegment memory;
    try (LargePages pages = LargePages.allocate(bytes)) {
      memory = pages.memory();
      assertThat(memory.byteSize()).isEqualTo(bytes);
      assertThat(memory.address() % 64).isZero();
      assertThat(memory.get(JAVA_BYTE, bytes - 1)).isZero();
      memory.fill((byte) 7);
      assertThat(memory.get(JAVA_BYTE, bytes - 1)).isEqualTo((byte) 7);
    }
    assertThatThrownBy(() -> memory.get(JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
  }
}
