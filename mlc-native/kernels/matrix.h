/** A stored weight matrix: one row per output, columns in groups of 32. */
#ifndef MLC_KERNELS_MATRIX_H_
#define MLC_KERNELS_MATRIX_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GROUP = 32 };

/** The formats, numbered as model libraries pass them. */
enum format {
  FORMAT_F32,
  FORMAT_F16,
  FORMAT_Q4_0,
  FORMAT_Q4_1,
  FORMAT_Q8_0,
  FORMAT_Q4F16_1,
  FORMAT_Q4F32_1,
  FORMAT_Q8F16_1,
  FORMAT_COUNT
};

/** The order in which a group's codes lie in its bytes. */
enum order {
  /** Element `i` at position `i`; with 4 bits, positions 0 to 15 are low nibbles. */
  ORDER_NATURAL,
  /** Elements 0, 2, ..., 30, then 1, 3, ..., 31: nibbles of q4f16_1 taken low ones first. */
  ORDER_EVENS_FIRST
};

struct matrix {
  enum format format;
  size_t rows;
  size_t columns;
  /** Codes, or values of a format that is not quantized. */
  const uint8_t* codes;
  /** Scales of groups, float16 or float32; NULL without groups. */
  const void* scale;
  /** Minimums of groups, float16; NULL in all formats but Q4_1. */
  const uint16_t* min;
};

/**
 * What the inner loops need to know of a format. A weight is `(code - zero) * scale`, or
 * `code * scale + min` where minimums are stored.
 */
struct layout {
  /** Bits of a code: 4 or 8, and 16 or 32 for the floats. */
  int bits;
  /** Whether the stored bytes are signed codes; flipping their highest bit makes `zero` 128. */
  bool is_signed;
  bool has_min;
  bool wide_scale;
  int zero;
  enum order order;
};

static inline struct layout layout_of(enum format format) {
  switch (format) {
    case FORMAT_Q4_0:
      return (struct layout){.bits = 4, .zero = 8};
    case FORMAT_Q4_1:
      return (struct layout){.bits = 4, .has_min = true};
    case FORMAT_Q8_0:
      return (struct layout){.bits = 8, .is_signed = true, .zero = 128};
    case FORMAT_Q4F16_1:
      return (struct layout){.bits = 4, .zero = 7, .order = ORDER_EVENS_FIRST};
    case FORMAT_Q4F32_1:
      return (struct layout){.bits = 4, .zero = 7, .order = ORDER_EVENS_FIRST, .wide_scale = true};
    case FORMAT_Q8F16_1:
      return (struct layout){.bits = 8, .zero = 127};
    case FORMAT_F16:
      return (struct layout){.bits = 16};
    default:
      return (struct layout){.bits = 32};
  }
}

static inline bool is_quantized(const struct matrix* w) { return w->format >= FORMAT_Q4_0; }

static inline size_t groups_of(const struct matrix* w) { return w->columns / GROUP; }

/** Bytes of a row's codes or values. */
static inline size_t row_bytes(const struct matrix* w) {
  return w->columns * (size_t)layout_of(w->format).bits / 8;
}

#endif
