/** Softmax over keys in tiles, with a running maximum and sum. */

/** From this many query rows on, scores come from a product with the transposed keys. */
enum { TRANSPOSE_ROWS = 6 };

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

/** `scores[rows][KEY_TILE]`, key by key. */
static void score_keys(const float* q, size_t rows, const struct keys* keys, float* scores) {
  const size_t size = keys->size;
  float wide[LANES * HEAD_SIZE];
  for (size_t first = 0; first < keys->count; first += LANES) {
    size_t count = keys->count - first < LANES ? keys->count - first : LANES;
    widen_rows(keys->key + first, keys->half, count, size, wide);
    for (size_t r = 0; r < rows; r++) {
      vf sums[LANES];
      for (size_t i = 0; i < LANES; i++) {
        sums[i] = vf_all(0);
        if (i >= count) continue;
        for (size_t d = 0; d + LANES <= size; d += LANES) {
          sums[i] =
              vf_multiply_add(vf_load(q + r * size + d), vf_load(wide + i * size + d), sums[i]);
        }
      }
      vf scored = vf_sums(sums);
      vf_store(scores + r * KEY_TILE + first, scored);
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
    float factor = exp2f(*largest - now);
    *total *= factor;
    for (size_t d = 0; d < size; d += LANES) {
      vf_store(values + d, vf_load(values + d) * vf_all(factor));
    }
    *largest = now;
  }
  *total += vf_sum(sum);
}

static void attend(const float* q, size_t rows, const struct keys* keys, const size_t* visible,
                   struct attended state, float* scratch) {
  const size_t size = keys->size;
  float* tile = scratch;
  float* scores = scratch + KEY_TILE * HEAD_SIZE * 2;
  if (rows < TRANSPOSE_ROWS) {
    score_keys(q, rows, keys, scores);
  } else {
    transpose_keys(keys, tile);
    multiply_matrices(q, size, rows, tile, KEY_TILE, KEY_TILE, size, scores, KEY_TILE, false);
  }
  for (size_t r = 0; r < rows; r++) {
    size_t count = visible == NULL ? keys->count : visible[r];
    float* row = scores + r * KEY_TILE;
    if (count > 0) {
      weigh(row, count, size, state.largest + r, state.total + r, state.values + r * size);
    }
    for (size_t i = count; i < keys->count; i++) row[i] = 0;
  }
  widen_rows(keys->value, keys->half, keys->count, size, tile);
  multiply_matrices(scores, KEY_TILE, rows, tile, size, size, keys->count, state.values, size,
                    true);
}
