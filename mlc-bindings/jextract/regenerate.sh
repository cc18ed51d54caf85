#!/bin/sh
# Regenerates org.mlcengine.bindings.generated from tvm-ffi's C header.
#
#   regenerate.sh JEXTRACT INCLUDE
#
# JEXTRACT  the jextract launcher, built from jextract's master branch (commit f9866df) with
#           libclang 14; run on Linux, as the output names the platform's C types
# INCLUDE   the include folder of the pinned apache-tvm-ffi wheel (tvm_ffi/include)
#
# Three substitutions follow:
# - Symbols come from the library that TvmRuntime opened, never from a class loader.
# - int64_t is `long` where the output is generated; `long` has four bytes on Windows, so C_LONG is
#   fixed to eight.
# - Downcalls are not traced: the library prints nothing.
set -eu

jextract=$1
include=$2
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../src/main/java
generated=$out/org/mlcengine/bindings/generated

rm -rf "$generated"
"$jextract" --output "$out" -I "$include" "@$here/includes.txt" "$include/tvm/ffi/c_api.h"

for file in "$generated"/*.java; do
  sed -e '/static final Arena LIBRARY_ARENA/,/defaultLookup());/d' \
      -e 's/SYMBOL_LOOKUP\.findOrThrow(/org.mlcengine.bindings.internal.Symbols.find(/' \
      -e 's/(ValueLayout.OfLong) Linker.nativeLinker().canonicalLayouts().get("long");/ValueLayout.JAVA_LONG;/' \
      -e '/if (TRACE_DOWNCALLS) {/,/}/d' \
      -e '/static final boolean TRACE_DOWNCALLS/,/^$/d' \
      -e '/static void traceDowncall/,/^$/d' \
      -e 's/[[:space:]]*$//' \
      "$file" > "$file.new"
  mv "$file.new" "$file"
done
