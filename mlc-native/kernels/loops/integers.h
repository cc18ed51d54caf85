/** Rounding to 8 bits, rows of a matrix in floats, and products of floats, over the primitives of
 * `simd/`. */

enum { GROUP_VECTORS = GROUP / LANES };

/** The zero of codes as they are multiplied: signed ones are smaller by 128. */
static inline int zero_of(struct layout layout) {
  return layout.zero - (SIGNED_CODES && layout.bits == 8 ? 128 : 0);
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
      const int32_t sum = store_plane(values, to->codes + plane * to->columns + g * GROUP);
      joined = joined * PLANE_RATIO + sum;
      if (p > 0) scale /= PLANE_RATIO;
    }
    put_group(to, token * row_groups + g, scale, zero, joined);
  }
}

static void unpack_floats(const struct matrix* w, size_t first, size_t count, float* panel) {
  for (size_t r = 0; r < PANEL_ROWS; r++) {
    struct floats row = {w->codes + (first + r) * row_bytes(w), w->format == FORMAT_F16};
    for (size_t k = 0; k < w->columns; k++) {
      panel[k * PANEL_ROWS + r] = r < count ? load_one(row, k) : 0;
    }
  }
}

static void multiply_floats(const float* panel, size_t columns, const float* x, size_t tokens,
                            float* out) {
  multiply_matrices(x, columns, tokens, panel, PANEL_ROWS, PANEL_ROWS, columns, out, PANEL_ROWS,
                    false);
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
