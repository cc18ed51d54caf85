/**
 * Products of quantized rows and one rounded row, over the primitives of `simd/`.
 *
 * A row is read once, front to back, a vector of codes (a unit) at a time. With 4 bits a unit holds
 * `LANES / 4` groups and its low and high nibbles are the halves of those groups, so a lane sums
 * eight products of one group; with 8 bits it holds `LANES / 8` groups. The scales of LANES groups
 * (a chunk) are read at once.
 */

enum {
  /** Rows whose lanes are summed together. */
  ROWS = LANES,
  /** Tokens whose sums the registers hold. */
  ROW_TOKENS = 4,
  /** How far ahead memory is asked for where there is more than one product for a code. */
  AHEAD_BYTES = 4096
};

/**
 * Asks for codes to come: with several products for each, a processor looks too few codes ahead to
 * keep the memory busy. Beyond a matrix this asks in vain.
 */
static inline __attribute__((always_inline)) void ask_ahead(int products, const uint8_t* codes) {
  if (products > 1) prefetch(codes + AHEAD_BYTES);
}

static inline vf scales_at(const void* from, bool wide, size_t at, size_t count) {
  if (wide) {
    const float* floats = (const float*)from + at;
    return count >= LANES ? vf_load(floats) : vf_load_some(floats, count);
  }
  const uint16_t* halves = (const uint16_t*)from + at;
  return count >= LANES ? vf_load_half(halves) : vf_load_some_halves(halves, count);
}

/** What a loop over rows knows of its matrix and of the rounded rows when it is compiled. */
struct kind {
  int bits;
  bool is_signed;
  bool has_min;
  bool wide_scale;
  int planes;
};

/** `sum` and the products of a unit's codes, of which `bytes` are there, with one plane. */
static inline __attribute__((always_inline)) vi plane_dot(const struct kind kind, vi sum, vi codes,
                                                          size_t bytes, const int8_t* x) {
  if (kind.bits == 4) return dot_nibbles(sum, codes, vi_load(x), vi_load(x + UNIT_BYTES));
  return dot_fours(8, sum, codes, bytes == UNIT_BYTES ? vi_load(x) : vi_load_some(x, bytes));
}

/** A unit's codes, of which `bytes` are there. */
static inline __attribute__((always_inline)) vi unit_codes(const struct kind kind,
                                                           const uint8_t* packed, size_t bytes) {
  const vi codes = bytes == UNIT_BYTES ? vi_load(packed) : vi_load_some(packed, bytes);
  return kind.bits == 8 && kind.is_signed != SIGNED_PANELS ? vi_flip_signs(codes) : codes;
}

/** The products of a unit's codes, of which `bytes` are there. */
static inline __attribute__((always_inline)) vi unit_dot(const struct kind kind, vi codes,
                                                         size_t bytes, const int8_t* x,
                                                         size_t x_stride) {
  vi sum = plane_dot(kind, vi_zero(), codes, bytes, x);
  if (kind.planes == 2) sum = plane_dot(kind, vi_plane_up(sum), codes, bytes, x + x_stride);
  return sum;
}

/** Scales of a chunk, and what the sums of activations are multiplied with. */
static inline __attribute__((always_inline)) vf chunk_scales(const struct kind kind,
                                                             const struct matrix* w, size_t at,
                                                             size_t count, vf* addend) {
  vf scale = scales_at(w->scale, kind.wide_scale, at, count);
  *addend = kind.has_min ? scales_at(w->min, false, at, count) : scale;
  return scale;
}

/** Rounded rows from a token on. */
struct some_rows {
  const int8_t* codes;
  /** From plane to plane. */
  size_t stride;
  const float* scale;
  const float* scaled_sum;
  /** By what the products of a matrix's scales, or minimums, and `scaled_sum` count. */
  float offset;
};

/** The sums of one row for each of `tokens` tokens, by lanes. */
static inline __attribute__((always_inline)) void dot_row(const struct kind kind, const int tokens,
                                                          const struct matrix* w, size_t row,
                                                          struct some_rows x, vf* sums) {
  const size_t groups = groups_of(w), group_bytes = (size_t)kind.bits * GROUP / 8;
  const uint8_t* codes = w->codes + row * groups * group_bytes;
  const size_t x_bytes = kind.bits == 4 ? 2 * UNIT_BYTES : UNIT_BYTES;
  const size_t token_stride = (size_t)kind.planes * x.stride;
  vf products[2][ROW_TOKENS], corrections[ROW_TOKENS];
#pragma GCC unroll 4
  for (int t = 0; t < tokens; t++) products[0][t] = products[1][t] = corrections[t] = vf_all(0);
  size_t g = 0;
  for (; g + LANES <= groups; g += LANES) {
    vf addend, scale = chunk_scales(kind, w, row * groups + g, LANES, &addend), scales[ROW_TOKENS];
#pragma GCC unroll 4
    for (int t = 0; t < tokens; t++) {
      const size_t place = (size_t)t * groups + g;
      corrections[t] = vf_multiply_add(addend, vf_load(x.scaled_sum + place), corrections[t]);
      scales[t] = scale * vf_load(x.scale + place);
    }
#pragma GCC unroll 8
    for (int u = 0; u < kind.bits; u++) {
      ask_ahead(tokens * kind.planes, codes);
      const vi unit = unit_codes(kind, codes, UNIT_BYTES);
#pragma GCC unroll 4
      for (int t = 0; t < tokens; t++) {
        vi dot = unit_dot(kind, unit, UNIT_BYTES, x.codes + (size_t)t * token_stride, x.stride);
        products[u % 2][t] = vf_multiply_add(vf_from_ints(dot), vf_spread(kind.bits, scales[t], u),
                                             products[u % 2][t]);
      }
      codes += UNIT_BYTES;
      x.codes += x_bytes;
    }
  }
  if (g < groups) {
    const size_t here = groups - g;
    vf addend, scale = chunk_scales(kind, w, row * groups + g, here, &addend), scales[ROW_TOKENS];
#pragma GCC unroll 4
    for (int t = 0; t < tokens; t++) {
      const size_t place = (size_t)t * groups + g;
      corrections[t] =
          vf_multiply_add(addend, vf_load_some(x.scaled_sum + place, here), corrections[t]);
      scales[t] = scale * vf_load_some(x.scale + place, here);
    }
    size_t bytes = here * group_bytes;
#pragma GCC unroll 8
    for (int u = 0; u < kind.bits; u++) {
      if (bytes == 0) break;
      const size_t some = bytes < UNIT_BYTES ? bytes : UNIT_BYTES;
      ask_ahead(tokens * kind.planes, codes);
      const vi unit = unit_codes(kind, codes, some);
#pragma GCC unroll 4
      for (int t = 0; t < tokens; t++) {
        vi dot = unit_dot(kind, unit, some, x.codes + (size_t)t * token_stride, x.stride);
        products[0][t] =
            vf_multiply_add(vf_from_ints(dot), vf_spread(kind.bits, scales[t], u), products[0][t]);
      }
      codes += some;
      x.codes += x_bytes;
      bytes -= some;
    }
  }
#pragma GCC unroll 4
  for (int t = 0; t < tokens; t++) {
    sums[(size_t)t * ROWS] =
        vf_multiply_add(corrections[t], vf_all(x.offset), products[0][t] + products[1][t]);
  }
}

static inline __attribute__((always_inline)) void dot_block(const struct kind kind,
                                                            const int tokens,
                                                            const struct matrix* w, size_t first,
                                                            size_t rows, struct some_rows x,
                                                            float* out, size_t stride) {
  vf sums[ROW_TOKENS * ROWS];
  for (size_t r = 0; r < rows; r++) {
    dot_row(kind, tokens, w, first + r, x, sums + r);
  }
  for (int t = 0; t < tokens; t++) {
    if (rows == ROWS) {
      vf_store(out + (size_t)t * stride, vf_sums(sums + t * ROWS));
    } else {
      for (size_t r = 0; r < rows; r++) {
        out[(size_t)t * stride + r] = vf_sum(sums[(size_t)t * ROWS + r]);
      }
    }
  }
}

static inline __attribute__((always_inline)) void dot_all_rows(
    const struct kind kind, const struct matrix* w, size_t first, size_t count,
    const struct rounded* x, size_t tokens, float* out, size_t stride) {
  const size_t groups = groups_of(w), x_stride = rounded_stride(x->columns);
  const float offset = kind.has_min ? 1 : (float)-zero_of(layout_of(w->format));
  for (size_t done = 0; done < count; done += ROWS) {
    const size_t rows = count - done < ROWS ? count - done : ROWS;
    for (size_t t = 0; t < tokens; t += ROW_TOKENS) {
      const struct some_rows some = {x->codes + t * (size_t)kind.planes * x_stride, x_stride,
                                     x->scale + t * groups, x->scaled_sum + t * groups, offset};
      float* to = out + t * stride + done;
      switch (tokens - t) {
        case 1:
          dot_block(kind, 1, w, first + done, rows, some, to, stride);
          break;
        case 2:
          dot_block(kind, 2, w, first + done, rows, some, to, stride);
          break;
        case 3:
          dot_block(kind, 3, w, first + done, rows, some, to, stride);
          break;
        default:
          dot_block(kind, 4, w, first + done, rows, some, to, stride);
      }
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
    dot_all_rows(kind, w, first, count, x, tokens, out, stride);
  } else {
    kind.planes = 1;
    dot_all_rows(kind, w, first, count, x, tokens, out, stride);
  }
}

static void dot_rows(const struct matrix* w, size_t first, size_t count, const struct rounded* x,
                     size_t tokens, float* out, size_t stride) {
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
