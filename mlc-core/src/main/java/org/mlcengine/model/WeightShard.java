package org.mlcengine.model;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A file of weights.
 *
 * @param file its path
 * @param bytes its length, which was compared with the file's
 * @param md5 its checksum in lower-case hexadecimal, when the folder gives one
 */
public record WeightShard(Path file, long bytes, Optional<String> md5) {}
