/** Attention of a few queries, which reads keys and values as they are stored. */

enum {
  /** Rows that are taken together where keys and values are read as they are stored. */
  FEW_ROWS = 4,
  /** Vectors of each row whose sums the registers hold. */
  FEW_VECTORS = FEW_SUMS / FEW_ROWS
};

/** The greatest of `count` scores; fills the rest of the last vector with scores of nothing. */
static float largest_score(float* scores, size_t count) {
  const size_t padded = (count + LANES - 1) / LANES * LANES;
  for (size_t i = count; i < padded; i++) scores[i] = -INFINITY;
  vf most = vf_load(scores);
  for (size_t i = LANES; i < padded; i += LANES) most = vf_max(most, vf_load(scores + i));
  return vf_largest(most);
}

/** A vector of a key's or a value's elements from `d` on. */
static inline __attribute__((always_inline)) vf element_vector(const void* row, bool half,
                                                               size_t d) {
  return half ? vf_load_half((const uint16_t*)row + d) : vf_load((const float*)row + d);
}

/** Asks for a key's or a value's row; the pages of a cache are too short for the processor to
 * guess. */
static inline void fetch_row(const void* row, size_t bytes) {
  for (size_t at = 0; at < bytes; at += 64) prefetch((const uint8_t*)row + at);
}

static inline size_t row_size(const struct keys* keys) { return keys->size * (keys->half ? 2 : 4); }

/** `scores[rows][KEY_TILE]` of a few rows: each key is read once, as it is stored. */
static inline __attribute__((always_inline)) void score_few(const int rows, const bool half,
                                                            const float* q, const struct keys* keys,
                                                            const struct keys* next,
                                                            float* scores) {
  const size_t size = keys->size;
  for (size_t first = 0; first < keys->count; first += LANES) {
    const size_t count = keys->count - first < LANES ? keys->count - first : LANES;
    vf sums[FEW_ROWS][LANES];
    for (size_t i = 0; i < count; i++) {
      if (next != NULL && first + i < next->count) {
        fetch_row(next->key[first + i], row_size(next));
      }
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
                                                          const struct keys* keys,
                                                          const struct keys* next, size_t d,
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
    if (next != NULL && i < next->count) fetch_row(next->value[i], row_size(next));
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
static void weigh(float* scores, size_t count, size_t size, float* largest, float* total,
                  float* values) {
  const size_t padded = (count + LANES - 1) / LANES * LANES;
  const vf most = vf_all(largest_score(scores, count));
  if (vf_first(most) > *largest) {
    const vf factor = exp2_of(vf_all(*largest) - most);
    *total *= vf_first(factor);
    for (size_t d = 0; d < size; d += LANES) vf_store(values + d, vf_load(values + d) * factor);
    *largest = vf_first(most);
  }
  vf sum = vf_all(0);
  for (size_t i = 0; i < padded; i += LANES) {
    const vf weight = exp2_of(vf_load(scores + i) - vf_all(*largest));
    vf_store(scores + i, weight);
    sum = sum + weight;
  }
  *total += vf_sum(sum);
}

static inline __attribute__((always_inline)) void attend_rows(
    const int rows, const bool half, const float* q, const struct keys* keys,
    const struct keys* next, struct attended state, float* scores) {
  const size_t size = keys->size;
  score_few(rows, half, q, keys, next, scores);
  for (size_t r = 0; r < (size_t)rows; r++) {
    weigh(scores + r * KEY_TILE, keys->count, size, state.largest + r, state.total + r,
          state.values + r * size);
  }
  size_t d = 0;
  for (; d + FEW_VECTORS * LANES <= size; d += FEW_VECTORS * LANES) {
    add_few(rows, FEW_VECTORS, half, scores, keys, d == 0 ? next : NULL, d, state.values);
  }
  for (; d < size; d += LANES) add_few(rows, 1, half, scores, keys, NULL, d, state.values);
}

static inline __attribute__((always_inline)) void attend_some(const bool half, const float* q,
                                                              size_t rows, const struct keys* keys,
                                                              const struct keys* next,
                                                              struct attended state,
                                                              float* scores) {
  switch (rows) {
    case 1:
      attend_rows(1, half, q, keys, next, state, scores);
      break;
    case 2:
      attend_rows(2, half, q, keys, next, state, scores);
      break;
    case 3:
      attend_rows(3, half, q, keys, next, state, scores);
      break;
    default:
      attend_rows(4, half, q, keys, next, state, scores);
  }
}

static void attend_few(const float* q, size_t rows, const struct keys* keys,
                       const struct keys* next, struct attended state, float* scratch) {
  for (size_t r = 0; r < rows; r += FEW_ROWS) {
    const struct attended some = {state.largest + r, state.total + r,
                                  state.values + r * keys->size};
    const struct keys* fetched = r == 0 ? next : NULL;
    if (keys->half) {
      attend_some(true, q + r * keys->size, rows - r, keys, fetched, some, scratch);
    } else {
      attend_some(false, q + r * keys->size, rows - r, keys, fetched, some, scratch);
    }
  }
}
