package org.mlcengine.bindings;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Java objects that the native side holds on to, by a number that passes for a pointer. */
final class Handles {
  /** No allocator hands out such an address, so that no other library's pointer is mistaken. */
  private static final long FIRST = 0x4D4C_4300_0000_0000L;

  private final ConcurrentHashMap<Long, Object> objects = new ConcurrentHashMap<>();
  private final AtomicLong next = new AtomicLong(FIRST);

  long add(Object object) {
    long handle = next.getAndIncrement();
    objects.put(handle, object);
    return handle;
  }

  @Nullable Object find(long handle) {
    return objects.get(handle);
  }

  void remove(long handle) {
    objects.remove(handle);
  }

  int size() {
    return objects.size();
  }
}
