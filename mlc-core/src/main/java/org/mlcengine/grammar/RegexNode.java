package org.mlcengine.grammar;

import java.util.List;

/** A regular expression, read. */
sealed interface RegexNode {
  /** One character of a set. */
  record One(CodePointSet of) implements RegexNode {}

  /** The parts in a row; none is the empty text. */
  record Row(List<RegexNode> parts) implements RegexNode {}

  /** One of the branches. */
  record Branches(List<RegexNode> branches) implements RegexNode {}

  /** A part several times; {@link Integer#MAX_VALUE} is no limit. */
  record Repeated(RegexNode part, int min, int max) implements RegexNode {}

  /** The start of the text, or its end. */
  record Anchor(boolean start) implements RegexNode {}
}
