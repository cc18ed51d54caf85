package org.mlcengine.bindings.internal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import org.jspecify.annotations.Nullable;

/** The symbols of libtvm_ffi, once it is loaded. */
public final class Symbols {
  private static volatile @Nullable SymbolLookup lookup;

  private Symbols() {}

  /** Makes every later look-up go to {@code library}. */
  public static void use(SymbolLookup library) {
    lookup = library;
  }

  /**
   * Returns the address of a symbol.
   *
   * @throws UnsatisfiedLinkError if libtvm_ffi is not loaded or lacks the symbol
   */
  public static MemorySegment find(String name) {
    SymbolLookup library = lookup;
    if (library == null) {
      throw new UnsatisfiedLinkError(name + ": libtvm_ffi is not loaded");
    }
    return library
        .find(name)
        .orElseThrow(() -> new UnsatisfiedLinkError(name + ": not exported by libtvm_ffi"));
  }
}
