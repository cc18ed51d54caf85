/** Rotary position embedding. */
#ifndef MLC_KERNELS_ROTARY_H_
#define MLC_KERNELS_ROTARY_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Sines and cosines of the last positions and frequencies, which all layers of a step share. */
struct rotations;

void rotations_free(struct rotations* rotations);

/** Splits rows of queries, keys and values; rotates the queries and keys. */
struct rotary {
  /** `[tokens][heads + 2 * kv_heads][size]`; all tensors are of one type. */
  const void* qkv;
  bool half;
  size_t tokens;
  size_t heads;
  size_t kv_heads;
  size_t size;
  const int32_t* positions;
  /** `[pairs]`: element `i` of a head is rotated with element `i + pairs`. */
  const float* frequencies;
  size_t pairs;
  void *q, *k, *v;
};

/** Returns 0, or -1 with TVM's error set. */
int split_rotary(const struct rotary* rotary);

#endif
