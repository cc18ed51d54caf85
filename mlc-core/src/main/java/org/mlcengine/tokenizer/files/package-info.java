/** Which of a model folder's files is its tokenizer. */
@NullMarked
package org.mlcengine.tokenizer.files;

import org.jspecify.annotations.NullMarked;
