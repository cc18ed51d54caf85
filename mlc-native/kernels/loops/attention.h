/** Softmax over keys in tiles, with a running maximum and sum. */

enum {
  /** Rows that are taken together where keys and values are read as they are stored. */
  FEW_ROWS = 4,
  /** Vectors of each row whose sums the registers hold. */
  FEW_VECTORS = FEW_SUMS / FEW_ROWS,
  /** From this many query rows on, keys are transposed and values widened once for all rows. */
  MANY_ROWS = 9
};

static void widen_rows(const void* const* from, bool half, size_t count, size_t size, float* to) {
  for (size_t i = 0; i < count; i++) {
    if (half) {
      widen(from[i], to + i * size, size);
    } else {
      memcpy(to + i * size, from[i], size * sizeof(float));
    }
  }
}

/** `to[size][KEY_TILE]` from the rows of `keys`; the keys that a tile lacks become zero. */
static void transpose_keys(const struct keys* keys, float* to) {
  float rows[4][HEAD_SIZE];
  for (size_t first = 0; first < KEY_TILE; first += 4) {
    for (size_t i = 0; i < 4; i++) {
      if (first + i < keys->count) {
        widen_rows(keys->key + first + i, keys->half, 1, keys->size, rows[i]);
      } else {
        memset(rows[i], 0, keys->size * sizeof(float));
      }
    }
    size_t d = 0;
    for (; d + 4 <= keys->size; d += 4) {
      v4 block[4];
      for (int i = 0; i < 4; i++) block[i] = v4_load(rows[i] + d);
      v4_transpose(block);
      for (size_t i = 0; i < 4; i++) v4_store(to + (d + i) * KEY_TILE + first, block[i]);
    }
    for (; d < keys->size; d++) {
      for (size_t i = 0; i < 4; i++) to[d * KEY_TILE + first + i] = rows[i][d];
    }
  }
}

/** A vector of a key's or a value's elements from `d` on. */
static inline __attribute__((always_inline)) vf element_vector(const void* row, bool half,
                                                               size_t d) {
  return half ? vf_load_half((const uint16_t*)row + d) : vf_load((const float*)row + d);
}

/** `scores[rows][KEY_TILE]` of a few rows: each key is read once, as it is stored. */
static inline __attribute__((always_inline)) void score_few(const int rows, const bool half,
                                                            const float* q, const struct keys* keys,
                                                            float* scores) {
  const size_t size = keys->size;
  for (size_t first = 0; first < keys->count; first += LANES) {
    const size_t count = keys->count - first < LANES ? keys->count - first : LANES;
    vf sums[FEW_ROWS][LANES];
    for (size_t i = 0; i < count; i++) {
      vf sum[FEW_ROWS];
#pragma GCC unroll 4
      for (int r = 0; r < rows; r++) sum[r] = vf_all(0);
      for (size_t d = 0; d < size; d += LANES) {
        const vf key = element_vector(keys->key[first + i], half, d);
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
          sum[r] = vf_multiply_add(vf_load(q + (size_t)r * size + d), key, sum[r]);
        }
      }
#pragma GCC unroll 4
      for (int r = 0; r < rows; r++) sums[r][i] = sum[r];
    }
    for (int r = 0; r < rows; r++) {
      for (size_t i = count; i < LANES; i++) sums[r][i] = vf_all(0);
      vf_store(scores + (size_t)r * KEY_TILE + first, vf_sums(sums[r]));
    }
  }
}

/** Adds the weighted values of a few rows: each value is read once, as it is stored. */
static inline __attribute__((always_inline)) void add_few(const int rows, const int vectors,
                                                          const bool half, const float* weights,
                                                          const struct keys* keys, size_t d,
                                                          float* values) {
  vf sums[FEW_ROWS][FEW_VECTORS];
#pragma GCC unroll 4
  for (int r = 0; r < rows; r++) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      sums[r][v] = vf_load(values + (size_t)r * keys->size + d + v * LANES);
    }
  }
  for (size_t i = 0; i < keys->count; i++) {
    vf value[FEW_VECTORS];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      value[v] = element_vector(keys->value[i], half, d + (size_t)v * LANES);
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
      const vf weight = vf_all(weights[(size_t)r * KEY_TILE + i]);
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) {
        sums[r][v] = vf_multiply_add(weight, value[v], sums[r][v]);
      }
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < rows; r++) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      vf_store(values + (size_t)r * keys->size + d + v * LANES, sums[r][v]);
    }
  }
}

/** Turns one row's scores into weights and brings its state to the new maximum. */
static void weigh(float* scores, size_t visible, size_t size, float* largest, float* total,
                  float* values) {
  size_t padded = (visible + LANES - 1) / LANES * LANES;
  for (size_t i = visible; i < padded; i++) scores[i] = -INFINITY;
  vf most = vf_load(scores);
  for (size_t i = LANES; i < padded; i += LANES) most = vf_max(most, vf_load(scores + i));
  float now = fmaxf(*largest, vf_largest(most));
  vf sum = vf_all(0);
  for (size_t i = 0; i < padded; i += LANES) {
    vf weight = exp2_of(vf_load(scores + i) - vf_all(now));
    vf_store(scores + i, weight);
    sum = sum + weight;
  }
  if (now > *largest) {
    const vf factor = exp2_of(vf_all(*largest - now));
    *total *= vf_first(factor);
    for (size_t d = 0; d < size; d += LANES) {
      vf_store(values + d, vf_load(values + d) * factor);
    }
    *largest = now;
  }
  *total += vf_sum(sum);
}

static void weigh_rows(float* scores, size_t rows, const struct keys* keys, const size_t* visible,
                       struct attended state) {
  for (size_t r = 0; r < rows; r++) {
    const size_t count = visible == NULL ? keys->count : visible[r];
    float* row = scores + r * KEY_TILE;
    if (count > 0) {
      weigh(row, count, keys->size, state.largest + r, state.total + r,
            state.values + r * keys->size);
    }
    for (size_t i = count; i < keys->count; i++) row[i] = 0;
  }
}

static inline __attribute__((always_inline)) void attend_few(const int rows, const bool half,
                                                             const float* q,
                                                             const struct keys* keys,
                                                             const size_t* visible,
                                                             struct attended state, float* scores) {
  score_few(rows, half, q, keys, scores);
  weigh_rows(scores, (size_t)rows, keys, visible, state);
  size_t d = 0;
  for (; d + FEW_VECTORS * LANES <= keys->size; d += FEW_VECTORS * LANES) {
    add_few(rows, FEW_VECTORS, half, scores, keys, d, state.values);
  }
  for (; d < keys->size; d += LANES) add_few(rows, 1, half, scores, keys, d, state.values);
}

static inline __attribute__((always_inline)) void attend_some(const bool half, const float* q,
                                                              size_t rows, const struct keys* keys,
                                                              const size_t* visible,
                                                              struct attended state,
                                                              float* scores) {
  switch (rows) {
    case 1:
      attend_few(1, half, q, keys, visible, state, scores);
      break;
    case 2:
      attend_few(2, half, q, keys, visible, state, scores);
      break;
    case 3:
      attend_few(3, half, q, keys, visible, state, scores);
      break;
    default:
      attend_few(4, half, q, keys, visible, state, scores);
  }
}

static void attend_many(const float* q, size_t rows, const struct keys* keys, const size_t* visible,
                        struct attended state, float* scratch) {
  const size_t size = keys->size;
  float* tile = scratch;
  float* scores = scratch + KEY_TILE * HEAD_SIZE;
  transpose_keys(keys, tile);
  multiply_matrices(q, size, rows, tile, KEY_TILE, KEY_TILE, size, scores, KEY_TILE, false);
  weigh_rows(scores, rows, keys, visible, state);
  widen_rows(keys->value, keys->half, keys->count, size, tile);
  multiply_matrices(scores, KEY_TILE, rows, tile, size, size, keys->count, state.values, size,
                    true);
}

static void attend(const float* q, size_t rows, const struct keys* keys, const size_t* visible,
                   struct attended state, float* scratch) {
  if (rows >= MANY_ROWS) {
    attend_many(q, rows, keys, visible, state, scratch);
    return;
  }
  for (size_t r = 0; r < rows; r += FEW_ROWS) {
    struct attended some = {state.largest + r, state.total + r, state.values + r * keys->size};
    const size_t* seen = visible == NULL ? NULL : visible + r;
    if (keys->half) {
      attend_some(true, q + r * keys->size, rows - r, keys, seen, some, scratch);
    } else {
      attend_some(false, q + r * keys->size, rows - r, keys, seen, some, scratch);
    }
  }
}
