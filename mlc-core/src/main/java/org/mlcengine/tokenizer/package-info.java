/** Text to token ids and back; incremental, UTF-8-safe decoding. */
@NullMarked
package org.mlcengine.tokenizer;

import org.jspecify.annotations.NullMarked;
