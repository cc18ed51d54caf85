/** Where the native libraries come from, and how they are loaded. */
@NullMarked
package org.mlcengine.natives;

import org.jspecify.annotations.NullMarked;
