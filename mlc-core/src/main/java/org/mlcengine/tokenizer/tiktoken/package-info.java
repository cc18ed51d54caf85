/** Tokenizers of tiktoken, which keeps one as a list of tokens and their ranks. */
@NullMarked
package org.mlcengine.tokenizer.tiktoken;

import org.jspecify.annotations.NullMarked;
