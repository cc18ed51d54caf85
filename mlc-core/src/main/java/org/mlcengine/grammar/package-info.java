/** What a reply may be: JSON schemas, regular expressions and grammars as masks over tokens. */
@NullMarked
package org.mlcengine.grammar;

import org.jspecify.annotations.NullMarked;
