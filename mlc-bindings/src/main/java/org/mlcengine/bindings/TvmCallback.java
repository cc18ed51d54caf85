package org.mlcengine.bindings;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A TVM function written in Java. */
@FunctionalInterface
public interface TvmCallback {
  /**
   * Called by native code, on whatever thread calls the function.
   *
   * @param arguments as in {@link TvmFunction#call}; its objects are closed when this returns, so
   *     that one that is to live longer must be {@linkplain TvmObject#retain() retained}
   * @return what {@link TvmFunction#call} takes as an argument; a returned object is closed once
   *     the caller has its own reference
   * @throws Exception anything; the caller sees a TVM error, and a caller in Java a {@link
   *     TvmException} with this cause
   */
  @Nullable Object call(List<@Nullable Object> arguments) throws Exception;
}
