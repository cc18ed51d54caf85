/** The tokenizers that a {@code tokenizer.json} describes. */
@NullMarked
package org.mlcengine.tokenizer.huggingface;

import org.jspecify.annotations.NullMarked;
