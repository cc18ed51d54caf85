/**
 * Attention of many queries in products of 16-bit integers, of which processors do twice as many as
 * of floats. Rows of queries, rows of keys and columns of a tile's values have a scale each, so
 * that a number keeps about the precision of float16, and sums of a tile fit 32 bits.
 */

/** Stands for a score where a row has seen nothing yet: less than any, and finite. */
static const float LEAST_SCORE = -1e30f;

/** The largest code whose products' sum over `count` elements fits 32 bits. */
static inline float largest_code(size_t count) {
  return floorf(sqrtf(2147483000.0f / (float)count));
}

/** Rounds a row to codes up to `largest` and returns the scale that takes them back. */
static float round_pairs(const float* row, size_t size, float largest, int16_t* to) {
  vf most = vf_all(0);
  for (size_t d = 0; d < size; d += LANES) most = vf_max(most, vf_abs(vf_load(row + d)));
  const float span = vf_largest(most);
  const vf inverse = vf_all(span > 0 ? largest / span : 0);
  for (size_t d = 0; d < size; d += LANES) vf_store_shorts(to + d, vf_load(row + d) * inverse);
  return span / largest;
}

static void prepare_queries(const float* q, size_t rows, size_t size, struct queries* to) {
  to->rows = rows;
  to->size = size;
  for (size_t r = 0; r < rows; r++) {
    to->scale[r] =
        round_pairs(q + r * size, size, largest_code(size), (int16_t*)to->data + r * size);
  }
}

/** A row of keys or values as floats: in place, or widened into `room`. */
static const float* floats_at(const void* row, bool half, size_t size, float* room) {
  if (!half) return row;
  widen(row, room, size);
  return room;
}

/** `to[size / 2][KEY_TILE]`: pairs of neighbouring elements of the keys; lacking keys are zero. */
static void transpose_keys(const struct keys* keys, int32_t* to, float* scale) {
  const size_t size = keys->size;
  int16_t rows[4][HEAD_SIZE];
  float room[HEAD_SIZE];
  for (size_t first = 0; first < KEY_TILE; first += 4) {
    for (size_t i = 0; i < 4; i++) {
      if (first + i < keys->count) {
        const float* key = floats_at(keys->key[first + i], keys->half, size, room);
        scale[first + i] = round_pairs(key, size, largest_code(size), rows[i]);
      } else {
        memset(rows[i], 0, size * sizeof **rows);
        scale[first + i] = 0;
      }
    }
    for (size_t d = 0; d < size; d += 8) {
      v4 block[4];
      for (int i = 0; i < 4; i++) block[i] = v4_load(rows[i] + d);
      v4_transpose(block);
      for (size_t i = 0; i < 4; i++) v4_store(to + (d / 2 + i) * KEY_TILE + first, block[i]);
    }
  }
}

/** `to[KEY_TILE / 2][size]`: pairs of values of neighbouring keys; lacking values are zero. */
static void pair_values(const struct keys* keys, int32_t* to, float* scale, float* wide) {
  const size_t size = keys->size, count = (keys->count + 1) / 2 * 2;
  for (size_t i = 0; i < count; i++) {
    if (i == keys->count) {
      memset(wide + i * size, 0, size * sizeof *wide);
    } else if (keys->half) {
      widen(keys->value[i], wide + i * size, size);
    } else {
      memcpy(wide + i * size, keys->value[i], size * sizeof *wide);
    }
  }
  const float largest = largest_code(KEY_TILE);
  for (size_t d = 0; d < size; d += LANES) {
    vf most = vf_all(0);
    for (size_t i = 0; i < count; i++) most = vf_max(most, vf_abs(vf_load(wide + i * size + d)));
    // Columns of zeros have the least normal number for a scale.
    const vf span = vf_max(most, vf_all(1.2e-38f));
    const vf inverse = vf_all(largest) / span;
    vf_store(scale + d, span * vf_all(1 / largest));
    for (size_t i = 0; i < count; i += 2) {
      vi_store(to + i / 2 * size + d, vi_pair(vf_load(wide + i * size + d) * inverse,
                                              vf_load(wide + (i + 1) * size + d) * inverse));
    }
  }
}

/** `sums[r][v]`: products of pairs of `a`'s rows with `vectors` vectors of `b`'s columns. */
static inline __attribute__((always_inline)) void pair_block(const int rows, const int vectors,
                                                             const int16_t* a, size_t a_stride,
                                                             const int32_t* b, size_t b_stride,
                                                             size_t pairs,
                                                             vi sums[PAIR_ROWS][PAIR_VECTORS]) {
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) sums[r][v] = vi_zero();
  }
  for (size_t k = 0; k < pairs; k++) {
    vi columns[PAIR_VECTORS];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) columns[v] = vi_load(b + k * b_stride + v * LANES);
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
      const vi pair = dot_bytes((const int8_t*)(a + (size_t)r * a_stride + 2 * k));
#pragma GCC unroll 8
      for (int v = 0; v < vectors; v++) sums[r][v] = vi_add_pairs(sums[r][v], pair, columns[v]);
    }
  }
}

/** What the sums of a block become. */
struct pair_result {
  /** `[rows]` and `[columns]` */
  const float* row_scale;
  const float* column_scale;
  float* out;
  size_t stride;
  bool add;
};

static inline __attribute__((always_inline)) void multiply_pairs(
    const int rows, const int vectors, const int16_t* a, size_t a_stride, const int32_t* b,
    size_t b_stride, size_t pairs, const struct pair_result* to, size_t row, size_t column) {
  vi sums[PAIR_ROWS][PAIR_VECTORS];
  pair_block(rows, vectors, a + row * a_stride, a_stride, b + column, b_stride, pairs, sums);
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
    const vf row_scale = vf_all(to->row_scale[row + (size_t)r]);
    float* out = to->out + (row + (size_t)r) * to->stride + column;
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) {
      const vf scale = row_scale * vf_load(to->column_scale + column + v * LANES);
      const vf before = to->add ? vf_load(out + v * LANES) : vf_all(0);
      vf_store(out + v * LANES, vf_multiply_add(vf_from_ints(sums[r][v]), scale, before));
    }
  }
}

/** Products of `rows` rows of pairs and all `columns`, scaled; columns fill vectors. */
static void multiply_all_pairs(const int16_t* a, size_t a_stride, size_t rows, const int32_t* b,
                               size_t columns, size_t pairs, const struct pair_result* to) {
  const size_t step = PAIR_VECTORS * LANES;
  for (size_t c = 0; c < columns; c += c + step <= columns ? step : LANES) {
    size_t r = 0;
    if (c + step <= columns) {
      for (; r + PAIR_ROWS <= rows; r += PAIR_ROWS) {
        multiply_pairs(PAIR_ROWS, PAIR_VECTORS, a, a_stride, b, columns, pairs, to, r, c);
      }
      for (; r < rows; r++) {
        multiply_pairs(1, PAIR_VECTORS, a, a_stride, b, columns, pairs, to, r, c);
      }
    } else {
      for (; r + PAIR_ROWS <= rows; r += PAIR_ROWS) {
        multiply_pairs(PAIR_ROWS, 1, a, a_stride, b, columns, pairs, to, r, c);
      }
      for (; r < rows; r++) multiply_pairs(1, 1, a, a_stride, b, columns, pairs, to, r, c);
    }
  }
}

/** `2^x` within 5e-5 of its value for `x` up to 0, which is enough for a code. */
static inline vf exp2_of_code(vf x) {
  x = vf_max(x, vf_all(-126.0f));
  const vf whole = vf_nearest(x);
  const vf rest = x - whole;
  vf sum = vf_all(9.6181291e-3f);
  sum = vf_multiply_add(sum, rest, vf_all(5.5504109e-2f));
  sum = vf_multiply_add(sum, rest, vf_all(2.4022651e-1f));
  sum = vf_multiply_add(sum, rest, vf_all(6.9314718e-1f));
  sum = vf_multiply_add(sum, rest, vf_all(1.0f));
  return vf_scale(sum, whole);
}

/** The greatest scores of LANES rows; what a row does not see is set to the score of nothing. */
static vf largest_scores(float* scores, size_t rows, const size_t* visible) {
  vf most[LANES];
  for (size_t r = 0; r < LANES; r++) {
    most[r] = vf_all(-INFINITY);
    if (r >= rows) continue;
    float* row = scores + r * KEY_TILE;
    for (size_t i = visible[r]; i < KEY_TILE; i++) row[i] = -INFINITY;
    for (size_t i = 0; i < KEY_TILE; i += LANES) most[r] = vf_max(most[r], vf_load(row + i));
  }
  return vf_maxes(most);
}

/** The weights of a row's scores as codes, and their sum. */
static inline vf round_weights(const float* scores, float largest, int16_t* codes) {
  const vf code = vf_all(largest_code(KEY_TILE)), most = vf_all(largest);
  vf sum = vf_all(0);
#pragma GCC unroll 4
  for (size_t i = 0; i < KEY_TILE; i += LANES) {
    const vf weight = exp2_of_code(vf_load(scores + i) - most);
    sum = sum + weight;
    vf_store_shorts(codes + i, weight * code);
  }
  return sum;
}

static void scale_row(float* values, size_t size, float factor) {
  for (size_t d = 0; d < size; d += LANES)
    vf_store(values + d, vf_load(values + d) * vf_all(factor));
}

/**
 * Turns the scores of up to LANES rows into codes of weights, relative to the greatest of the tile,
 * and brings their states to the new maximums. `scale` receives what a row's code stands for.
 */
static void weigh_rows(float* scores, size_t rows, const size_t* visible, size_t size,
                       struct attended state, int16_t* codes, float* scale) {
  float largest[LANES], total[LANES] = {0}, factors[LANES], mosts[LANES], shares[LANES];
  for (size_t r = 0; r < LANES; r++) largest[r] = r < rows ? state.largest[r] : -INFINITY;
  memcpy(total, state.total, rows * sizeof *total);

  const vf most = vf_max(largest_scores(scores, rows, visible), vf_all(LEAST_SCORE));
  const vf now = vf_max(vf_load(largest), most);
  const vf factor = exp2_of(vf_load(largest) - now), share = exp2_of(most - now);
  vf_store(largest, now);
  vf_store(mosts, most);
  vf_store(factors, factor);
  vf_store(shares, share);
  vf sums[LANES];
  for (size_t r = 0; r < LANES; r++) {
    sums[r] = vf_all(0);
    if (r >= rows) continue;
    sums[r] = round_weights(scores + r * KEY_TILE, mosts[r], codes + r * KEY_TILE);
    scale[r] = visible[r] == 0 ? 0 : shares[r] / largest_code(KEY_TILE);
    if (visible[r] == 0) sums[r] = vf_all(0);
    if (factors[r] != 1) scale_row(state.values + r * size, size, factors[r]);
  }
  vf_store(total, vf_multiply_add(vf_load(total), factor, vf_sums(sums) * share));
  memcpy(state.largest, largest, rows * sizeof *largest);
  memcpy(state.total, total, rows * sizeof *total);
}

static void attend_many(const struct queries* queries, const struct keys* keys,
                        const size_t* visible, struct attended state, float* scratch) {
  const size_t size = keys->size, rows = queries->rows;
  float* wide = scratch;
  int32_t* pairs = (int32_t*)(scratch + KEY_TILE * HEAD_SIZE);
  float* scores = scratch + 2 * KEY_TILE * HEAD_SIZE;
  float* column_scale = scores + QUERY_TILE * KEY_TILE;
  float* row_scale = column_scale + KEY_TILE + HEAD_SIZE;
  int16_t* codes = (int16_t*)(row_scale + QUERY_TILE);

  transpose_keys(keys, pairs, column_scale);
  const struct pair_result scored = {queries->scale, column_scale, scores, KEY_TILE, false};
  multiply_all_pairs(queries->data, size, rows, pairs, KEY_TILE, size / 2, &scored);
  for (size_t r = 0; r < rows; r += LANES) {
    const struct attended some = {state.largest + r, state.total + r, state.values + r * size};
    weigh_rows(scores + r * KEY_TILE, rows - r < LANES ? rows - r : LANES, visible + r, size, some,
               codes + r * KEY_TILE, row_scale + r);
  }
  pair_values(keys, pairs, column_scale, wide);
  const struct pair_result weighted = {row_scale, column_scale, state.values, size, true};
  multiply_all_pairs(codes, KEY_TILE, rows, pairs, size, (keys->count + 1) / 2, &weighted);
}
