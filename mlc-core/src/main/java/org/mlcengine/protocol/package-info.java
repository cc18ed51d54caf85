/**
 * Requests and replies as OpenAI's API names them, and their JSON. Knows nothing of the engine.
 *
 * <p>A value that may be missing is an {@code Optional}; lists and maps are never null and cannot
 * be changed.
 */
@NullMarked
package org.mlcengine.protocol;

import org.jspecify.annotations.NullMarked;
