package org.mlcengine.model;

import java.nio.file.Path;
import java.util.List;

/**
 * Where a tensor lies on disk: C-contiguous, row-major, little endian.
 *
 * @param name the parameter's name
 * @param shape its dimensions, each positive
 * @param dtype its element type in memory
 * @param storedDtype its element type on disk: {@code dtype}, or bfloat16 that stands for the upper
 *     halves of float32 values
 * @param file the shard that holds it
 * @param offset its first byte in the shard
 * @param bytes its length on disk
 */
public record WeightTensor(
    String name,
    List<Long> shape,
    DataType dtype,
    DataType storedDtype,
    Path file,
    long offset,
    long bytes) {}
