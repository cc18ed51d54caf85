/**
 * Products of quantized rows, as they are stored, and rounded ones, over the primitives of `simd/`.
 *
 * LANES rows (a block) are taken together, a lane for each. The codes of a group of columns go to
 * registers, four columns to a vector, and meet each token's there; the sums of groups are added
 * in the order of the groups. So a token's products do not depend on how many tokens there are.
 */

enum {
  /** Vectors of codes that a block has for a group. */
  GROUP_CODES = GROUP / 4,
  /** Groups whose scales are read together: those whose halves fill 16 bytes of a row. */
  CHUNK_GROUPS = 8,
  /** Most tokens that meet a block's codes while they are in registers. */
  ROW_TOKENS = 48,
  /** How far behind the next block memory is asked for. */
  AHEAD_BYTES = 4096,
  AHEAD_SCALES = 512
};

/** What a loop over rows knows of its matrix and of the rounded rows when it is compiled. */
struct kind {
  int bits;
  bool is_signed;
  bool has_min;
  bool wide_scale;
  int planes;
};

/** The codes of a group of LANES rows, which lie `stride` bytes apart. */
static inline __attribute__((always_inline)) void block_codes(const struct kind kind,
                                                              const uint8_t* p, size_t stride,
                                                              vi codes[GROUP_CODES]) {
  vi_columns(p, stride, codes);
  if (kind.bits == 4) {
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) {
      codes[k + 4] = vi_high_nibbles(codes[k]);
      codes[k] = vi_low_nibbles(codes[k]);
    }
    return;
  }
  vi_columns(p + 16, stride, codes + 4);
  if (kind.is_signed == SIGNED_CODES) return;
#pragma GCC unroll 8
  for (int k = 0; k < GROUP_CODES; k++) codes[k] = vi_flip_signs(codes[k]);
}

/**
 * Asks for memory in the order in which it lies, as it is read fastest: a processor does not
 * foresee the next rows of many. Beyond a matrix this asks in vain.
 */
static inline __attribute__((always_inline)) void ask_for(const uint8_t* p, size_t bytes) {
#pragma GCC unroll 8
  for (size_t line = 0; line < bytes; line += 64) prefetch(p + line);
}

/** Those of fewer groups than CHUNK_GROUPS. */
static __attribute__((noinline)) void few_scales(struct floats from, size_t at, size_t groups,
                                                 vf* scales) {
  for (size_t i = 0; i < groups; i++) {
    float some[LANES];
    for (size_t r = 0; r < LANES; r++) some[r] = load_one(from, at + r * groups + i);
    scales[i] = vf_load(some);
  }
}

/** Scales or minimums of LANES rows and CHUNK_GROUPS groups, from `at` in their tensor. */
static inline __attribute__((always_inline)) void block_scales(const void* from, bool wide,
                                                               size_t at, size_t groups,
                                                               size_t column,
                                                               vf scales[CHUNK_GROUPS]) {
  const size_t size = wide ? 4 : 2;
  ask_for((const uint8_t*)from + (at + LANES * (groups + column)) * size + AHEAD_SCALES,
          LANES * CHUNK_GROUPS * size);
  vi columns[4];
  if (groups < CHUNK_GROUPS) {
    few_scales((struct floats){from, !wide}, at, groups, scales);
  } else if (wide) {
#pragma GCC unroll 2
    for (size_t i = 0; i < CHUNK_GROUPS; i += 4) {
      vi_columns((const uint8_t*)((const float*)from + at + i), groups * 4, columns);
#pragma GCC unroll 4
      for (size_t k = 0; k < 4; k++) scales[i + k] = vf_from_bits(columns[k]);
    }
  } else {
    vi_columns((const uint8_t*)((const uint16_t*)from + at), groups * 2, columns);
#pragma GCC unroll 4
    for (size_t k = 0; k < 4; k++) vf_from_halves(columns[k], scales + 2 * k);
  }
}

/** The integer products of a group's codes and one token's. */
static inline __attribute__((always_inline)) vi group_dot(const struct kind kind,
                                                          const vi codes[GROUP_CODES],
                                                          const int8_t* x, size_t stride,
                                                          int32_t correction) {
  vi joined = vi_zero();
#pragma GCC unroll 2
  for (int p = 0; p < kind.planes; p++, x += stride) {
    const int32_t last = p == kind.planes - 1 ? correction : 0;
    // Two sums, because each step waits for the one before.
    vdot first = dot_start(kind.bits, last), second = dot_start(kind.bits, 0);
#pragma GCC unroll 4
    for (int k = 0; k < GROUP_CODES; k += 2) {
      first = dot_step(kind.bits, first, codes[k], dot_bytes(x + 4 * k));
      second = dot_step(kind.bits, second, codes[k + 1], dot_bytes(x + 4 * k + 4));
    }
    const vi sum = vi_add(dot_end(kind.bits, first, last), dot_end(kind.bits, second, 0));
    joined = p == 0 ? sum : vi_add(vi_plane_up(joined), sum);
  }
  return joined;
}

/** Rounded rows from a token on. */
struct some_rows {
  const int8_t* codes;
  const float* scale;
  const int32_t* correction;
  const float* scaled_sum;
};

/** Adds a group's products for each of `tokens` tokens. */
static inline __attribute__((always_inline)) void add_group(const struct kind kind,
                                                            const vi codes[GROUP_CODES], vf scale,
                                                            vf min, struct some_rows x,
                                                            size_t groups, size_t stride,
                                                            size_t tokens, vf* sums) {
#pragma GCC unroll 1
  for (size_t t = 0, place = 0; t < tokens; t++, place += groups) {
    const int32_t correction = kind.has_min ? 0 : x.correction[place];
    const vf dot = vf_from_ints(group_dot(kind, codes, x.codes, stride, correction));
    vf sum = vf_multiply_add(dot, scale * vf_all(x.scale[place]), sums[t]);
    if (kind.has_min) sum = vf_multiply_add(min, vf_all(x.scaled_sum[place]), sum);
    sums[t] = sum;
    x.codes += (size_t)kind.planes * stride;
  }
}

/** The products of LANES rows from `row` on with each of `tokens` tokens. */
static inline __attribute__((always_inline)) void dot_block(const struct kind kind,
                                                            const struct matrix* w, size_t row,
                                                            struct some_rows x, size_t columns,
                                                            size_t tokens, vf* result) {
  vf sums[ROW_TOKENS];
  const size_t groups = columns / GROUP, stride = columns;
  const size_t group_bytes = (size_t)kind.bits * GROUP / 8, row_bytes = groups * group_bytes;
  const uint8_t* codes = w->codes + row * row_bytes;
  const uint8_t* ahead = codes + LANES * row_bytes + AHEAD_BYTES;
  const size_t whole = groups < CHUNK_GROUPS ? groups : CHUNK_GROUPS;
  for (size_t t = 0; t < tokens; t++) sums[t] = vf_all(0);
  for (size_t g = 0; g < groups; g += whole) {
    // The last chunk begins earlier, so that it is whole.
    const size_t here = groups - g < whole ? groups - g : whole;
    const size_t at = row * groups + g - (whole - here);
    vf scales[CHUNK_GROUPS], mins[CHUNK_GROUPS];
    block_scales(w->scale, kind.wide_scale, at, groups, g, scales);
    if (kind.has_min) block_scales(w->min, false, at, groups, g, mins);
#pragma GCC unroll 1
    for (size_t i = whole - here; i < whole; i++) {
      ask_for(ahead, LANES * group_bytes);
      vi group[GROUP_CODES];
      block_codes(kind, codes, row_bytes, group);
      add_group(kind, group, scales[i], kind.has_min ? mins[i] : scales[i], x, groups, stride,
                tokens, sums);
      codes += group_bytes;
      ahead += LANES * group_bytes;
      x.codes += GROUP;
      x.scale++;
      x.correction++;
      x.scaled_sum++;
    }
  }
  for (size_t t = 0; t < tokens; t++) result[t] = sums[t];
}

static inline struct some_rows rows_from(const struct rounded* x, size_t token) {
  const struct rounded from = rounded_from(x, token);
  return (struct some_rows){from.codes, from.scale, from.correction, from.scaled_sum};
}

/** The product of one row of a matrix of fewer than LANES. */
static __attribute__((noinline)) float dot_alone(const struct matrix* w, size_t row,
                                                 struct some_rows x, size_t planes) {
  const struct layout layout = layout_of(w->format);
  const size_t groups = groups_of(w), stride = w->columns;
  const struct floats scales = {w->scale, !layout.wide_scale}, mins = {w->min, true};
  const int less = SIGNED_CODES && layout.bits == 8 ? 128 : 0;
  const uint8_t* codes = w->codes + row * row_bytes(w);
  float sum = 0;
  for (size_t g = 0; g < groups; g++, codes += GROUP * layout.bits / 8) {
    int32_t dot = 0;
    for (size_t p = 0; p < planes; p++) {
      const int8_t* bytes = x.codes + p * stride + g * GROUP;
      dot *= PLANE_RATIO;
      for (int i = 0; i < GROUP; i++) {
        const int code = layout.bits == 4 ? codes[i % 16] >> i / 16 * 4 & 15
                                          : (codes[i] ^ (layout.is_signed ? 0x80 : 0)) - less;
        dot += code * bytes[i];
      }
    }
    if (!layout.has_min) dot += x.correction[g];
    sum += (float)dot * (load_one(scales, row * groups + g) * x.scale[g]);
    if (layout.has_min) sum += load_one(mins, row * groups + g) * x.scaled_sum[g];
  }
  return sum;
}

/** Writes lanes from `skipped` on. */
static inline __attribute__((always_inline)) void put_sums(const vf* sums, size_t tokens,
                                                           size_t skipped, size_t rows, float* out,
                                                           size_t stride) {
  for (size_t t = 0; t < tokens; t++, out += stride) {
    if (rows == LANES) {
      vf_store(out, sums[t]);
    } else {
      memcpy(out, (const float*)(sums + t) + skipped, rows * sizeof *out);
    }
  }
}

static inline __attribute__((always_inline)) void dot_blocks(const struct kind kind,
                                                             const struct matrix* w, size_t first,
                                                             size_t count, const struct rounded* x,
                                                             size_t tokens, float* out,
                                                             size_t stride) {
  for (size_t done = 0; done < count; done += LANES, out += LANES) {
    // Rows before the block fill it where it is the last, and are not written.
    const size_t rows = count - done < LANES ? count - done : LANES;
    const size_t row = first + done, skipped = row + LANES > w->rows ? row + LANES - w->rows : 0;
    vf sums[ROW_TOKENS];
    if (tokens == 1) {
      dot_block(kind, w, row - skipped, rows_from(x, 0), x->columns, 1, sums);
      put_sums(sums, 1, skipped, rows, out, stride);
      continue;
    }
    for (size_t token = 0; token < tokens; token += ROW_TOKENS) {
      const size_t some = tokens - token < ROW_TOKENS ? tokens - token : ROW_TOKENS;
      dot_block(kind, w, row - skipped, rows_from(x, token), x->columns, some, sums);
      put_sums(sums, some, skipped, rows, out + token * stride, stride);
    }
  }
}

static inline __attribute__((always_inline)) void dot_planes(struct kind kind,
                                                             const struct matrix* w, size_t first,
                                                             size_t count, const struct rounded* x,
                                                             size_t tokens, float* out,
                                                             size_t stride) {
  if (x->planes == 2) {
    kind.planes = 2;
    dot_blocks(kind, w, first, count, x, tokens, out, stride);
  } else {
    kind.planes = 1;
    dot_blocks(kind, w, first, count, x, tokens, out, stride);
  }
}

static void dot_rows(const struct matrix* w, size_t first, size_t count, const struct rounded* x,
                     size_t tokens, float* out, size_t stride) {
  if (w->rows < LANES) {
    for (size_t t = 0; t < tokens; t++) {
      for (size_t r = 0; r < count; r++) {
        out[t * stride + r] = dot_alone(w, first + r, rows_from(x, t), x->planes);
      }
    }
    return;
  }
  switch (w->format) {
    case FORMAT_Q4_1:
      dot_planes((struct kind){.bits = 4, .has_min = true}, w, first, count, x, tokens, out,
                 stride);
      break;
    case FORMAT_Q4F32_1:
      dot_planes((struct kind){.bits = 4, .wide_scale = true}, w, first, count, x, tokens, out,
                 stride);
      break;
    case FORMAT_Q8_0:
      dot_planes((struct kind){.bits = 8, .is_signed = true}, w, first, count, x, tokens, out,
                 stride);
      break;
    case FORMAT_Q8F16_1:
      dot_planes((struct kind){.bits = 8}, w, first, count, x, tokens, out, stride);
      break;
    default:
      dot_planes((struct kind){.bits = 4}, w, first, count, x, tokens, out, stride);
  }
}
