package org.mlcengine.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mlcengine.bindings.generated.DLTensor;
import org.mlcengine.bindings.generated.TvmFfi;

@ExtendWith(Natives.class)
final class TvmTensorTest {
  @Test
  void allocatedTensorHasItsShapeAndAlignedMemory() {
    try (TvmTensor tensor = TvmTensor.allocate(DataType.FLOAT32, Device.CPU, 3, 5)) {
      assertThat(tensor.shape()).containsExactly(3, 5);
      assertThat(tensor.dataType()).isEqualTo(DataType.FLOAT32);
      assertThat(tensor.device()).isEqualTo(Device.CPU);
      assertThat(tensor.typeKey()).isEqualTo("ffi.Tensor");
      assertThat(tensor.data().byteSize()).isEqualTo(60);
      assertThat(tensor.data().address() % 64).isZero();
    }
  }

  @Test
  void nativeCodeSeesWhatJavaWrites() {
    try (TvmTensor source = TvmTensor.allocate(DataType.FLOAT32, Device.CPU, 4);
        TvmTensor target = TvmTensor.allocate(DataType.FLOAT32, Device.CPU, 4);
        TvmFunction copy = TvmFunction.global("runtime.TVMTensorCopyFromTo")) {
      source.data().copyFrom(MemorySegment.ofArray(new float[] {1, 2, 3, 4}));
      copy.call(source, target);
      assertThat(target.data().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(1, 2, 3, 4);
    }
  }

  @Test
  void wrappedMemoryIsSharedInBothDirections() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(16, 64);
      try (TvmTensor wrapped = TvmTensor.wrap(memory, DataType.INT32, 2, 2);
          TvmTensor target = TvmTensor.allocate(DataType.INT32, Device.CPU, 2, 2);
          TvmFunction copy = TvmFunction.global("runtime.TVMTensorCopyFromTo")) {
        assertThat(wrapped.data().address()).isEqualTo(memory.address());
        memory.setAtIndex(ValueLayout.JAVA_INT, 3, 42);
        copy.call(wrapped, target);
        assertThat(target.data().getAtIndex(ValueLayout.JAVA_INT, 3)).isEqualTo(42);
        target.data().setAtIndex(ValueLayout.JAVA_INT, 0, 7);
        copy.call(target, wrapped);
        assertThat(memory.getAtIndex(ValueLayout.JAVA_INT, 0)).isEqualTo(7);
      }
    }
  }

  @Test
  void wrappedMemoryIsDroppedWithTheTensor() {
    int before = Upcalls.HANDLES.size();
    TvmTensor tensor = TvmTensor.wrap(Arena.ofAuto().allocate(4), DataType.INT32, 1);
    try (TvmArray array = TvmArray.of(tensor)) {
      tensor.close();
      assertThat(Upcalls.HANDLES.size()).isEqualTo(before + 1);
      assertThat(array.size()).isEqualTo(1);
    }
    assertThat(Upcalls.HANDLES.size()).isEqualTo(before);
  }

  @Test
  void tooLittleOrHeapMemoryIsRefused() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(15);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> TvmTensor.wrap(memory, DataType.FLOAT32, 4))
          .withMessageContaining("float32[4] needs 16 bytes");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TvmTensor.wrap(MemorySegment.ofArray(new float[4]), DataType.FLOAT32, 4));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TvmTensor.allocate(DataType.FLOAT32, Device.CPU, 2, -1));
  }

  @Test
  void viewShiftsThePointer() {
    TvmTensor rows = TvmTensor.allocate(DataType.FLOAT16, Device.CPU, 4, 3);
    for (int i = 0; i < 12; i++) {
      rows.data().setAtIndex(ValueLayout.JAVA_SHORT, i, (short) i);
    }
    try (TvmTensor row = rows.view(6, 1, 3)) {
      assertThat(row.shape()).containsExactly(1, 3);
      assertThat(row.data().address()).isEqualTo(rows.data().address() + 12);
      rows.close();
      assertThat(row.data().toArray(ValueLayout.JAVA_SHORT)).containsExactly(6, 7, 8);
    }
  }

  @Test
  void viewOutsideTheTensorIsRefused() {
    try (TvmTensor tensor = TvmTensor.allocate(DataType.FLOAT32, Device.CPU, 4)) {
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> tensor.view(3, 2));
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> tensor.view(-1, 1));
    }
  }

  @Test
  void byteOffsetIsHonoured() {
    try (TvmTensor tensor = TvmTensor.allocate(DataType.INT32, Device.CPU, 4);
        TvmShape shape = TvmShape.of(2);
        TvmFunction view = TvmFunction.global("runtime.TVMTensorCreateView")) {
      tensor.data().copyFrom(MemorySegment.ofArray(new int[] {10, 11, 12, 13}));
      try (TvmTensor part = view.callAs(TvmTensor.class, tensor, shape, DataType.INT32, 8)) {
        assertThat(part.data().toArray(ValueLayout.JAVA_INT)).containsExactly(12, 13);
      }
    }
  }

  @Test
  void emptyTensorHasNoBytes() {
    try (TvmTensor tensor = TvmTensor.allocate(DataType.FLOAT32, Device.CPU, 0, 8)) {
      assertThat(tensor.data().byteSize()).isZero();
    }
  }

  @Test
  void tensorOnAnotherDeviceIsNotRead() {
    try (TvmTensor tensor = described(new Device(2, 1), 2, 1)) {
      assertThat(tensor.device()).hasToString("cuda:1");
      assertThatIllegalStateException()
          .isThrownBy(tensor::data)
          .withMessageContaining("lies on cuda:1");
      assertThatIllegalStateException().isThrownBy(() -> tensor.view(0, 1));
    }
  }

  @Test
  void tensorWithGapsIsNotRead() {
    try (TvmTensor tensor = described(Device.CPU, 3, 1)) {
      assertThatIllegalStateException().isThrownBy(tensor::data).withMessageContaining("gaps");
    }
  }

  @Test
  void dataIsUnusableAfterClose() {
    TvmTensor tensor = TvmTensor.allocate(DataType.INT32, Device.CPU, 1);
    MemorySegment data = tensor.data();
    tensor.close();
    assertThatIllegalStateException().isThrownBy(() -> data.get(ValueLayout.JAVA_INT, 0));
    assertThatIllegalStateException().isThrownBy(tensor::data);
    assertThatIllegalStateException().isThrownBy(tensor::shape).withMessage("ffi.Tensor is closed");
  }

  /** Makes a 2 x 2 tensor with a descriptor that this layer never writes itself. */
  private static TvmTensor described(Device device, long... strides) {
    try (Arena arena = Arena.ofConfined();
        TvmTensor source = TvmTensor.allocate(DataType.INT32, Device.CPU, 8);
        TvmFunction function = TvmFunction.global("testing.echo");
        TvmCall echo = function.prepare(1)) {
      echo.setObject(0, source).invoke();
      MemorySegment prototype = arena.allocate(TensorLayout.size(2), 8);
      long end = DLTensor.sizeof();
      long data = source.data().address();
      TensorLayout.write(prototype, end, data, device, DataType.INT32, 2, 2);
      MemorySegment.copy(strides, 0, prototype, ValueLayout.JAVA_LONG, end + 16, 2);
      MemorySegment handle = MemorySegment.ofAddress(echo.resultHandle(TypeIndex.TENSOR));
      MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
      Native.check(TvmFfi.TVMFFITensorCreateUnsafeView(handle, prototype, out));
      return new TvmTensor(out.get(ValueLayout.JAVA_LONG, 0));
    }
  }
}
