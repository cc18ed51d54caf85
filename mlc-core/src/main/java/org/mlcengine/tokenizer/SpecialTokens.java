package org.mlcengine.tokenizer;

/** What becomes of a special token, such as {@code <|im_end|>}, that a text spells. */
public enum SpecialTokens {
  /** It becomes the token. */
  RECOGNIZED,

  /** It is encoded as any other text, so that the text cannot steer the model. */
  AS_TEXT
}
