/** OpenAI's API over HTTP, for engines in the same process. */
@NullMarked
package org.mlcengine.server;

import org.jspecify.annotations.NullMarked;
