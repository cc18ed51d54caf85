/** Where the generated code finds the addresses of native symbols. */
@NullMarked
package org.mlcengine.bindings.internal;

import org.jspecify.annotations.NullMarked;
