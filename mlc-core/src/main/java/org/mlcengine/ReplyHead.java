package org.mlcengine;

/**
 * What all parts of a reply carry.
 *
 * @param id unique, with OpenAI's prefix
 * @param created when the request was made, in seconds since 1970
 * @param model the model's name
 */
record ReplyHead(String id, long created, String model) {}
