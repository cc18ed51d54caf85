/** Files that hold a conversation, and what a KV cache held of it. */
@NullMarked
package org.mlcengine.session;

import org.jspecify.annotations.NullMarked;
