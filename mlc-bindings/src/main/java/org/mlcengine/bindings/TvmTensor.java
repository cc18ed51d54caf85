package org.mlcengine.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.generated.DLManagedTensor;
import org.mlcengine.bindings.generated.DLTensor;
import org.mlcengine.bindings.generated.TVMFFIObject;
import org.mlcengine.bindings.generated.TvmFfi;

/** A tensor of fixed type and shape. */
public final class TvmTensor extends TvmObject {
  private static final long DESCRIPTOR = TVMFFIObject.sizeof();

  /** The scope of what {@link #data()} returns; made on first use. */
  private @Nullable Arena arena;

  private @Nullable MemorySegment data;

  TvmTensor(long handle) {
    super(handle);
  }

  /**
   * Allocates a tensor in a device's memory, aligned to at least 64 bytes. Its contents are
   * undefined. Needs libtvm_runtime.
   */
  public static TvmTensor allocate(DataType type, Device device, long... shape) {
    TensorLayout.elements(shape);
    try (TvmShape dimensions = TvmShape.of(shape);
        TvmCall call = Native.prepare("runtime.TVMTensorAllocWithScope", 4)) {
      call.setObject(0, dimensions).set(1, type).set(2, device).setNull(3).invoke();
      return call.result(TvmTensor.class);
    }
  }

  /**
   * Makes a tensor of memory that Java owns, without a copy. The memory is kept reachable for as
   * long as native code refers to the tensor. An arena that is closed by hand must outlive that,
   * and native code must not write to memory that is mapped read-only.
   *
   * <p>Kernels expect an alignment of 64 bytes; less is accepted, at the cost of speed.
   *
   * @throws IllegalArgumentException if the memory is on the heap or is smaller than the shape
   */
  public static TvmTensor wrap(MemorySegment memory, DataType type, long... shape) {
    TvmRuntime.requireLoaded();
    long bytes = type.bytes(TensorLayout.elements(shape));
    if (!memory.isNative() || memory.byteSize() < bytes) {
      throw new IllegalArgumentException(
          "a tensor "
              + type
              + Arrays.toString(shape)
              + " needs "
              + bytes
              + " bytes of native memory, found "
              + memory);
    }
    long end = DLManagedTensor.sizeof();
    MemorySegment managed =
        Arena.ofAuto().allocate(end + 2L * shape.length * Long.BYTES, Long.BYTES);
    TensorLayout.write(managed, end, memory.address(), Device.CPU, type, shape);
    long owner = Upcalls.HANDLES.add(new Wrapped(memory, managed));
    DLManagedTensor.manager_ctx(managed, MemorySegment.ofAddress(owner));
    DLManagedTensor.deleter(managed, Upcalls.TENSOR_DELETER);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
      Native.check(TvmFfi.TVMFFITensorFromDLPack(managed, 0, 1, out));
      return new TvmTensor(out.get(ValueLayout.JAVA_LONG, 0));
    } finally {
      Reference.reachabilityFence(managed);
    }
  }

  /**
   * The type of the elements.
   *
   * @throws IllegalStateException if the tensor is closed
   */
  public DataType dataType() {
    return use(handle -> TensorLayout.type(handle + DESCRIPTOR));
  }

  /**
   * The dimensions, outermost first.
   *
   * @throws IllegalStateException if the tensor is closed
   */
  public long[] shape() {
    return use(handle -> TensorLayout.shape(handle + DESCRIPTOR));
  }

  /**
   * Where the memory lies.
   *
   * @throws IllegalStateException if the tensor is closed
   */
  public Device device() {
    return use(handle -> TensorLayout.device(handle + DESCRIPTOR));
  }

  /**
   * The elements in place, in row-major order. The segment keeps this object reachable; it may be
   * used by any thread until this object is closed, and gives an {@link IllegalStateException}
   * afterwards.
   *
   * @throws IllegalStateException if the tensor is closed, does not lie in the CPU's memory, or has
   *     gaps between its elements
   */
  public synchronized MemorySegment data() {
    requireOpen();
    if (data == null) {
      arena = Arena.ofShared();
      data = use(this::segment);
    }
    return data;
  }

  /**
   * Makes a tensor of a part of this one, without a copy: {@code shape} elements from {@code
   * offset}, both in elements. Its data pointer is shifted, since kernels accept no byte offset.
   * Both tensors own the memory.
   *
   * @throws IndexOutOfBoundsException if the part is not within this tensor
   * @throws IllegalStateException if the tensor is closed, does not lie in the CPU's memory, or has
   *     gaps between its elements
   */
  public TvmTensor view(long offset, long... shape) {
    long size = TensorLayout.elements(shape);
    return use(
        handle -> {
          long tensor = handle + DESCRIPTOR;
          TensorLayout.requireReadable(tensor);
          Objects.checkFromIndexSize(offset, size, TensorLayout.elements(tensor));
          DataType type = TensorLayout.type(tensor);
          long address = TensorLayout.data(tensor) + type.bytes(offset);
          try (Arena temporary = Arena.ofConfined()) {
            MemorySegment prototype = temporary.allocate(TensorLayout.size(shape.length), 8);
            TensorLayout.write(prototype, DLTensor.sizeof(), address, Device.CPU, type, shape);
            MemorySegment out = temporary.allocate(ValueLayout.ADDRESS);
            MemorySegment source = MemorySegment.ofAddress(handle);
            Native.check(TvmFfi.TVMFFITensorCreateUnsafeView(source, prototype, out));
            return new TvmTensor(out.get(ValueLayout.JAVA_LONG, 0));
          }
        });
  }

  @Override
  public TvmTensor retain() {
    return (TvmTensor) super.retain();
  }

  /**
   * {@inheritDoc} Segments from {@link #data()} become unusable.
   *
   * @throws IllegalStateException if such a segment is an argument of a native call in progress;
   *     the tensor is still open then
   */
  @Override
  public synchronized void close() {
    if (arena != null) {
      arena.close();
      arena = null;
      data = null;
    }
    super.close();
  }

  private MemorySegment segment(long handle) {
    long tensor = handle + DESCRIPTOR;
    TensorLayout.requireReadable(tensor);
    return MemorySegment.ofAddress(TensorLayout.data(tensor))
        .reinterpret(
            TensorLayout.bytes(tensor),
            Objects.requireNonNull(arena),
            closed -> Reference.reachabilityFence(this));
  }

  /** Kept in the table of handles until native code drops the tensor. */
  private record Wrapped(MemorySegment memory, MemorySegment descriptor) {}
}
