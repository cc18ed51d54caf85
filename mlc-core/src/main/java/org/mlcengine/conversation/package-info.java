/** MLC's conversation templates: from messages to the text of a prompt. */
@NullMarked
package org.mlcengine.conversation;

import org.jspecify.annotations.NullMarked;
