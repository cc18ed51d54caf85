/** Tokenizers of SentencePiece, which keeps one in a {@code tokenizer.model}. */
@NullMarked
package org.mlcengine.tokenizer.sentencepiece;

import org.jspecify.annotations.NullMarked;
