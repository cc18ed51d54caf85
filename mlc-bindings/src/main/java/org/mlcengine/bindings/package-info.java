/** Typed access to tvm-ffi: functions, modules, tensors, arrays, shapes and errors. */
@NullMarked
package org.mlcengine.bindings;

import org.jspecify.annotations.NullMarked;
