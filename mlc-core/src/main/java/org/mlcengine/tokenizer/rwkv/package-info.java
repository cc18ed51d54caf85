/** Tokenizers with RWKV's World vocabulary. */
@NullMarked
package org.mlcengine.tokenizer.rwkv;

import org.jspecify.annotations.NullMarked;
