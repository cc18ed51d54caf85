package org.mlcengine.tokenizer.huggingface;

/**
 * A token that is found in the text before anything else happens to it.
 *
 * @param content the token's text
 * @param id its id
 * @param singleWord whether it counts only where no word character touches it
 * @param leftStrip whether it takes in the white space before it
 * @param rightStrip whether it takes in the white space behind it
 * @param normalized whether it is looked for in the normalized text
 * @param special whether it steers the model and is no text
 */
record AddedToken(
    String content,
    int id,
    boolean singleWord,
    boolean leftStrip,
    boolean rightStrip,
    boolean normalized,
    boolean special) {}
