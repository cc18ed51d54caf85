package org.mlcengine.bindings;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Memory in pages of 2 MiB where the system has them to give. A processor that streams through
 * gigabytes of weights looks up the address of every page, which with pages of 4 KiB costs it up to
 * a third of the memory's speed.
 */
public final class LargePages implements AutoCloseable {
  /** Bytes of a large page. */
  static final long PAGE = 2 << 20;

  private static final long ALIGNMENT = 64;
  private static final boolean LINUX = System.getProperty("os.name").equals("Linux");

  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
  private static final long MAP_FAILED = -1;
  private static final int MADV_HUGEPAGE = 14;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;

  private LargePages(long bytes) {
    memory = LINUX && bytes >= PAGE ? mapped(bytes) : arena.allocate(bytes, ALIGNMENT);
  }

  /**
   * Allocates memory that is filled with zeros and aligned to at least 64 bytes. Any thread may use
   * it until it is closed.
   *
   * @throws OutOfMemoryError if there is not so much memory
   */
  public static LargePages allocate(long bytes) {
    return new LargePages(bytes);
  }

  /** Returns the memory. */
  public MemorySegment memory() {
    return memory;
  }

  /** Frees the memory. */
  @Override
  public void close() {
    arena.close();
  }

  private MemorySegment mapped(long bytes) {
    // Enough for the first page's border to lie inside.
    long mapped = bytes + PAGE;
    MemorySegment address = Linux.map(mapped);
    if (address.address() == MAP_FAILED) {
      throw new OutOfMemoryError("the system has no %,d bytes for weights".formatted(bytes));
    }
    MemorySegment all = address.reinterpret(mapped, arena, segment -> Linux.unmap(segment, mapped));
    MemorySegment aligned = all.asSlice(-all.address() & (PAGE - 1), bytes);
    Linux.advise(aligned, bytes);
    return aligned;
  }

  /** The C library's functions; looked up only where they are used. */
  private static final class Linux {
    private static final MethodHandle MMAP =
        handle(
            "mmap",
            FunctionDescriptor.of(
                ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MUNMAP =
        handle("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle MADVISE =
        handle("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), descriptor);
    }

    static MemorySegment map(long bytes) {
      try {
        return (MemorySegment)
            MMAP.invokeExact(
                MemorySegment.NULL, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
      } catch (Throwable e) {
        throw new IllegalStateException("mmap failed", e);
      }
    }

    static void unmap(MemorySegment memory, long bytes) {
      try {
        int status = (int) MUNMAP.invokeExact(memory, bytes);
        if (status != 0) {
          throw new IllegalStateException("munmap returned %d".formatted(status));
        }
      } catch (RuntimeException e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException("munmap failed", e);
      }
    }

    /** Asks for large pages; a system without them leaves the memory as it is. */
    static void advise(MemorySegment memory, long bytes) {
      try {
        int status = (int) MADVISE.invokeExact(memory, bytes, MADV_HUGEPAGE);
        System.getLogger(LargePages.class.getName())
            .log(System.Logger.Level.TRACE, "madvise returned {0}", status);
      } catch (Throwable e) {
        throw new IllegalStateException("madvise failed", e);
      }
    }
  }
}
