/** Rounding to 8 bits, unpacking, and products in integers, over the primitives of `simd/`. */

enum { GROUP_VECTORS = GROUP / LANES, UNIT_BYTES = 4 * LANES };

/** The zero of codes as panels and units hold them: signed ones are smaller by 128. */
static inline int zero_of(struct layout layout) {
  return layout.zero - (SIGNED_PANELS && layout.bits == 8 ? 128 : 0);
}

/** The greatest magnitude of a group, which stands for 127, and the values' vectors. */
static inline float read_group(const float* x, vf values[GROUP_VECTORS]) {
  vf largest = vf_all(0);
  for (int i = 0; i < GROUP_VECTORS; i++) {
    values[i] = vf_load(x + i * LANES);
    largest = vf_max(largest, vf_abs(values[i]));
  }
  return vf_largest(largest);
}

/** Stores one plane of a group, returns the sum of its codes and leaves what the next one holds. */
static inline int32_t store_plane(vf values[GROUP_VECTORS], int8_t* codes) {
  int32_t sum = 0;
  for (int i = 0; i < GROUP_VECTORS; i++) {
    sum += vf_store_bytes(codes + i * LANES, values[i]);
    const vf rest = (values[i] - vf_nearest(values[i])) * vf_all(PLANE_RATIO);
    values[i] = vf_max(vf_min(rest, vf_all(127)), vf_all(-127));
  }
  return sum;
}

static inline void put_group(struct rounded* to, size_t place, float scale, int zero, int32_t sum) {
  to->scale[place] = scale;
  to->correction[place] = -zero * sum;
  to->scaled_sum[place] = scale * (float)sum;
}

static void round_groups(const float* x, size_t groups, enum format format, struct rounded* to,
                         size_t token, size_t group) {
  const struct layout layout = layout_of(format);
  const int zero = zero_of(layout);
  const size_t row_groups = to->columns / GROUP;
  for (size_t g = group; g < group + groups; g++, x += GROUP) {
    vf values[GROUP_VECTORS];
    const float most = read_group(x, values);
    if (layout.order == ORDER_EVENS_FIRST) {
      vf even[GROUP_VECTORS / 2], odd[GROUP_VECTORS / 2];
      for (int i = 0; i < GROUP_VECTORS / 2; i++) {
        vf_split_pairs(values[2 * i], values[2 * i + 1], &even[i], &odd[i]);
      }
      memcpy(values, even, sizeof even);
      memcpy(values + GROUP_VECTORS / 2, odd, sizeof odd);
    }
    const vf inverse = vf_all(most > 0 ? 127 / most : 0);
    for (int i = 0; i < GROUP_VECTORS; i++) values[i] *= inverse;
    float scale = most / 127;
    int32_t joined = 0;
    for (size_t p = 0; p < to->planes; p++) {
      const size_t plane = token * to->planes + p;
      const int32_t sum =
          store_plane(values, to->codes + plane * rounded_stride(to->columns) + g * GROUP);
      joined = joined * PLANE_RATIO + sum;
      if (p > 0) scale /= PLANE_RATIO;
      if (!to->by_rows) put_group(to, plane * row_groups + g, scale, zero, sum);
    }
    if (to->by_rows) put_group(to, token * row_groups + g, scale, zero, joined);
  }
}

/** Where the four codes of a row from column `4 * k` on lie in a panel. */
static inline uint8_t* panel_place(const struct panel* panel, size_t row, size_t k) {
  uint8_t* vector = (uint8_t*)panel->codes + row / LANES * LANES * panel->columns;
  return vector + (k * LANES + row % LANES) * 4;
}

static inline void store_columns(const struct panel* panel, size_t row, size_t k, v4 codes[4]) {
  v4_transpose(codes);
  for (size_t i = 0; i < 4; i++) v4_store(panel_place(panel, row, k + i), codes[i]);
}

static void unpack_nibbles(const uint8_t* const rows[4], size_t row, const struct panel* panel) {
  for (size_t g = 0; g < panel->columns / GROUP; g++) {
    v4 low[4], high[4];
    for (int i = 0; i < 4; i++) {
      v4 packed = v4_load(rows[i] + g * GROUP / 2);
      low[i] = v4_low_nibbles(packed);
      high[i] = v4_high_nibbles(packed);
    }
    store_columns(panel, row, g * 8, low);
    store_columns(panel, row, g * 8 + 4, high);
  }
}

static void unpack_bytes(const uint8_t* const rows[4], size_t row, bool flip,
                         const struct panel* panel) {
  for (size_t k = 0; k < panel->columns / 4; k += 4) {
    v4 codes[4];
    for (int i = 0; i < 4; i++) {
      codes[i] = v4_load(rows[i] + k * 4);
      if (flip) codes[i] = v4_flip_signs(codes[i]);
    }
    store_columns(panel, row, k, codes);
  }
}

/** `to[groups][PANEL_ROWS]`, column `row` on, from four rows of scales or minimums. */
static void unpack_scales(const uint8_t* const rows[4], bool wide, size_t groups, float* to,
                          size_t row) {
  size_t g = 0;
  for (; g + 4 <= groups; g += 4) {
    v4 block[4];
    for (int i = 0; i < 4; i++) {
      block[i] =
          wide ? v4_load((const float*)rows[i] + g) : v4_widen_halves((const uint16_t*)rows[i] + g);
    }
    v4_transpose(block);
    for (size_t i = 0; i < 4; i++) v4_store(to + (g + i) * PANEL_ROWS + row, block[i]);
  }
  for (; g < groups; g++) {
    for (size_t i = 0; i < 4; i++) {
      struct floats scales = {rows[i], !wide};
      to[g * PANEL_ROWS + row + i] = load_one(scales, g);
    }
  }
}

static void unpack_floats(const struct matrix* w, size_t first, size_t count, struct panel* panel) {
  float* to = panel->codes;
  for (size_t r = 0; r < PANEL_ROWS; r++) {
    struct floats row = {w->codes + (first + r) * row_bytes(w), w->format == FORMAT_F16};
    for (size_t k = 0; k < panel->columns; k++) {
      to[k * PANEL_ROWS + r] = r < count ? load_one(row, k) : 0;
    }
  }
}

static void unpack(const struct matrix* w, size_t first, size_t count, struct panel* panel) {
  const struct layout layout = layout_of(w->format);
  const size_t groups = groups_of(w), scale_bytes = layout.wide_scale ? 4 : 2;
  panel->columns = w->columns;
  panel->bits = layout.bits;
  panel->has_min = layout.has_min;
  if (layout.bits > 8) {
    unpack_floats(w, first, count, panel);
    return;
  }
  for (size_t r = 0; r < PANEL_ROWS; r += 4) {
    const uint8_t *codes[4], *scales[4], *mins[4];
    for (size_t i = 0; i < 4; i++) {
      // Rows behind the last are copies of it: their products are never read.
      size_t row = first + (r + i < count ? r + i : count - 1);
      codes[i] = w->codes + row * row_bytes(w);
      scales[i] = (const uint8_t*)w->scale + row * groups * scale_bytes;
      mins[i] = (const uint8_t*)(w->min + (layout.has_min ? row * groups : 0));
    }
    if (layout.bits == 4) {
      unpack_nibbles(codes, r, panel);
    } else {
      unpack_bytes(codes, r, layout.is_signed != SIGNED_PANELS, panel);
    }
    unpack_scales(scales, layout.wide_scale, groups, panel->scale, r);
    if (layout.has_min) unpack_scales(mins, false, groups, panel->min, r);
  }
}

/** Two vectors of panel rows times a block of tokens. */
static inline __attribute__((always_inline)) void multiply_block(
    const int bits, const bool has_min, const int tokens, const struct panel* panel, size_t row,
    const struct rounded* x, size_t first, float* out) {
  const size_t columns = panel->columns, groups = columns / GROUP;
  const uint8_t* codes0 = panel_place(panel, row, 0);
  const uint8_t* codes1 = panel_place(panel, row + LANES, 0);
  const size_t stride = rounded_stride(columns);
  const int8_t* bytes = x->codes + first * stride;
  vf sums[2][BLOCK_TOKENS];
#pragma GCC unroll 8
  for (int t = 0; t < tokens; t++) sums[0][t] = sums[1][t] = vf_all(0);
  for (size_t g = 0; g < groups; g++) {
    vdot dots[2][BLOCK_TOKENS];
    const size_t place = first * groups + g;
#pragma GCC unroll 8
    for (int t = 0; t < tokens; t++) {
      int32_t correction = has_min ? 0 : x->correction[place + (size_t)t * groups];
      dots[0][t] = dots[1][t] = dot_start(bits, correction);
    }
#pragma GCC unroll 8
    for (int k = 0; k < GROUP / 4; k++, codes0 += LANES * 4, codes1 += LANES * 4, bytes += 4) {
      vcodes a = dot_codes(codes0), b = dot_codes(codes1);
#pragma GCC unroll 8
      for (int t = 0; t < tokens; t++) {
        vi four = dot_bytes(bytes + (size_t)t * stride);
        dots[0][t] = dot_step(bits, dots[0][t], a, four);
        dots[1][t] = dot_step(bits, dots[1][t], b, four);
      }
    }
#pragma GCC unroll 2
    for (int v = 0; v < 2; v++) {
      vf scale = vf_load(panel->scale + g * PANEL_ROWS + row + v * LANES);
#pragma GCC unroll 8
      for (int t = 0; t < tokens; t++) {
        size_t at = place + (size_t)t * groups;
        int32_t correction = has_min ? 0 : x->correction[at];
        vf dot = vf_from_ints(dot_end(bits, dots[v][t], correction));
        sums[v][t] = vf_multiply_add(dot, scale * vf_all(x->scale[at]), sums[v][t]);
        if (has_min) {
          vf min = vf_load(panel->min + g * PANEL_ROWS + row + v * LANES);
          sums[v][t] = vf_multiply_add(min, vf_all(x->scaled_sum[at]), sums[v][t]);
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int t = 0; t < tokens; t++) {
    vf_store(out + (size_t)t * PANEL_ROWS + row, sums[0][t]);
    vf_store(out + (size_t)t * PANEL_ROWS + row + LANES, sums[1][t]);
  }
}

static inline __attribute__((always_inline)) void multiply_panel(const int bits, const bool has_min,
                                                                 const struct panel* panel,
                                                                 const struct rounded* x,
                                                                 size_t first, size_t tokens,
                                                                 float* out) {
  for (size_t row = 0; row < PANEL_ROWS; row += 2 * LANES) {
    size_t t = 0;
    for (; t + BLOCK_TOKENS <= tokens; t += BLOCK_TOKENS) {
      multiply_block(bits, has_min, BLOCK_TOKENS, panel, row, x, first + t, out + t * PANEL_ROWS);
    }
    switch (tokens - t) {
#define REST(n)                                                                       \
  case n:                                                                             \
    multiply_block(bits, has_min, n, panel, row, x, first + t, out + t * PANEL_ROWS); \
    break;
      REST(1)
      REST(2)
#if LANES != 8
      REST(3)
      REST(4)
      REST(5)
#endif
#undef REST
      default:
        break;
    }
  }
}

static void multiply(const struct panel* panel, const struct rounded* x, size_t first,
                     size_t tokens, float* out) {
  if (panel->bits == 8) {
    multiply_panel(8, false, panel, x, first, tokens, out);
  } else if (panel->has_min) {
    multiply_panel(4, true, panel, x, first, tokens, out);
  } else {
    multiply_panel(4, false, panel, x, first, tokens, out);
  }
}

static void multiply_floats(const struct panel* panel, const float* x, size_t tokens, float* out) {
  multiply_matrices(x, panel->columns, tokens, panel->codes, PANEL_ROWS, PANEL_ROWS, panel->columns,
                    out, PANEL_ROWS, false);
}

static void dot_float_rows(const struct matrix* w, size_t first, size_t count, const float* x,
                           float* out) {
  for (size_t i = 0; i < count; i++) {
    struct floats row = {w->codes + (first + i) * row_bytes(w), w->format == FORMAT_F16};
    vf sums[4] = {vf_all(0), vf_all(0), vf_all(0), vf_all(0)};
    size_t k = 0;
    for (; k + 4 * LANES <= w->columns; k += 4 * LANES) {
      for (int v = 0; v < 4; v++) {
        sums[v] =
            vf_multiply_add(load_any(row, k + v * LANES), vf_load(x + k + v * LANES), sums[v]);
      }
    }
    for (; k < w->columns; k += LANES) {
      sums[0] = vf_multiply_add(load_any(row, k), vf_load(x + k), sums[0]);
    }
    out[i] = vf_sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
  }
}

static void decode_row(const struct matrix* w, size_t row, float* out) {
  const struct layout layout = layout_of(w->format);
  const uint8_t* codes = w->codes + row * row_bytes(w);
  struct floats values = {codes, layout.bits == 16};
  if (layout.bits > 8) {
    for (size_t i = 0; i < w->columns; i++) out[i] = load_one(values, i);
    return;
  }
  const size_t groups = groups_of(w);
  struct floats scales = {w->scale, !layout.wide_scale}, mins = {w->min, true};
  for (size_t g = 0; g < groups; g++, codes += GROUP * layout.bits / 8) {
    float scale = load_one(scales, row * groups + g);
    float offset = layout.has_min ? load_one(mins, row * groups + g) : scale * (float)-layout.zero;
    for (int i = 0; i < GROUP; i++) {
      int position = layout.order == ORDER_EVENS_FIRST ? i / 2 + i % 2 * 16 : i;
      int code = layout.bits == 8 ? codes[i] ^ (layout.is_signed ? 0x80 : 0)
                                  : codes[position % 16] >> (position / 16 * 4) & 15;
      out[g * GROUP + i] = (float)code * scale + offset;
    }
  }
}
