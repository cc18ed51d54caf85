package org.mlcengine.bindings;

import static org.mlcengine.bindings.generated.TvmFfi.kDLCPU;
import static org.mlcengine.bindings.generated.TvmFfi.kDLCUDA;
import static org.mlcengine.bindings.generated.TvmFfi.kDLMetal;
import static org.mlcengine.bindings.generated.TvmFfi.kDLOpenCL;
import static org.mlcengine.bindings.generated.TvmFfi.kDLROCM;
import static org.mlcengine.bindings.generated.TvmFfi.kDLVulkan;

import java.util.Map;

/**
 * Where a tensor's memory lies (DLPack's DLDevice).
 *
 * @param type DLPack's device type; 1 is the CPU
 * @param id which device of that type, from 0
 */
public record Device(int type, int id) {
  /** The memory of this process. */
  public static final Device CPU = new Device(kDLCPU(), 0);

  private static final Map<Integer, String> NAMES =
      Map.of(
          kDLCPU(), "cpu",
          kDLCUDA(), "cuda",
          kDLOpenCL(), "opencl",
          kDLVulkan(), "vulkan",
          kDLMetal(), "metal",
          kDLROCM(), "rocm");

  /** Whether Java can read the memory in place. */
  public boolean isCpu() {
    return type == kDLCPU();
  }

  /** The device as TVM writes it, such as {@code cpu:0}. */
  @Override
  public String toString() {
    return NAMES.getOrDefault(type, "device" + type) + ":" + id;
  }

  long packed() {
    return Integer.toUnsignedLong(type) | (long) id << 32;
  }

  static Device unpack(long packed) {
    return new Device((int) packed, (int) (packed >>> 32));
  }
}
