/** Small sums, and rows of numbers that are stored as float16 or float32. */
#ifndef MLC_KERNELS_NUMBERS_H_
#define MLC_KERNELS_NUMBERS_H_

#include <string.h>

#include "isa.h"

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t most(size_t a, size_t b) { return a > b ? a : b; }
static inline size_t divide_up(size_t a, size_t b) { return (a + b - 1) / b; }

/** `count` numbers from place `first` on as floats: where they lie, or widened into `room`. */
static inline const float* floats_from(struct floats x, size_t first, size_t count, float* room) {
  if (!x.half) return (const float*)x.data + first;
  isa->widen((const uint16_t*)x.data + first, room, count);
  return room;
}

/** Stores `count` floats from place `first` on. */
static inline void store_floats(const float* x, void* to, bool half, size_t first, size_t count) {
  if (half) {
    isa->narrow(x, (uint16_t*)to + first, count);
  } else {
    memcpy((float*)to + first, x, count * sizeof *x);
  }
}

#endif
