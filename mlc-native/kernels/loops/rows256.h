/** Products of quantized rows and one rounded row with AVX2, two rows at a time. */

enum { ROWS = 2 };

/** Eight scales or minimums from `at` on; those behind `count` are zero. */
static inline vf load_eight(const void *from, bool wide, size_t at, size_t count) {
  if (count >= 8) {
    return wide ? vf_load((const float *)from + at) : vf_load_half((const uint16_t *)from + at);
  }
  struct floats some = {from, !wide};
  float numbers[8] = {0};
  for (size_t i = 0; i < count; i++) numbers[i] = load_one(some, at + i);
  return vf_load(numbers);
}

/** The 32 codes of a group in the order of the activations: unsigned, or signed for SIGNED_PANELS. */
static inline vi group_codes(const int bits, const uint8_t *p, bool is_signed) {
  if (bits == 4) {
    __m128i bytes = _mm_loadu_si128((const void *)p);
    vi twice = _mm256_inserti128_si256(_mm256_castsi128_si256(bytes), _mm_srli_epi16(bytes, 4), 1);
    return _mm256_and_si256(twice, _mm256_set1_epi8(15));
  }
  vi codes = _mm256_loadu_si256((const void *)p);
  return is_signed != SIGNED_PANELS ? _mm256_xor_si256(codes, _mm256_set1_epi8((char)0x80)) : codes;
}

static inline __attribute__((always_inline)) void dot_some_rows(const int bits, const int rows,
                                                                const struct matrix *w,
                                                                struct layout layout, size_t first,
                                                                struct rounded x, float *out) {
  const size_t groups = groups_of(w), bytes = row_bytes(w);
  const uint8_t *codes = w->codes + first * bytes;
  const int zero = layout.zero - (SIGNED_PANELS && bits == 8 ? 128 : 0);
  vf sums[ROWS], corrections[ROWS];
#pragma GCC unroll 4
  for (int r = 0; r < rows; r++) sums[r] = corrections[r] = vf_all(0);
  for (size_t g = 0; g < groups; g += 8) {
    const size_t here = groups - g < 8 ? groups - g : 8;
    const vf x_scale = load_eight(x.scale, true, g, here);
    const vf x_sum = load_eight(x.scaled_sum, true, g, here);
    float scales[ROWS][8];
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
      size_t at = (first + (size_t)r) * groups + g;
      vf scale = load_eight(w->scale, layout.wide_scale, at, here);
      vf addend = layout.has_min ? load_eight(w->min, false, at, here) : scale;
      vf_store(scales[r], scale * x_scale);
      corrections[r] = vf_multiply_add(addend, x_sum, corrections[r]);
    }
    for (size_t i = 0; i < here; i++) {
      const size_t place = (g + i) * GROUP;
      const vi activations = _mm256_loadu_si256((const void *)(x.codes + place));
#pragma GCC unroll 4
      for (int r = 0; r < rows; r++) {
        const uint8_t *row = codes + (size_t)r * bytes + place * (size_t)bits / 8;
        vi dot = dot_fours(bits, _mm256_setzero_si256(), group_codes(bits, row, layout.is_signed),
                           activations);
        sums[r] = vf_multiply_add(vf_from_ints(dot), vf_all(scales[r][i]), sums[r]);
      }
    }
  }
  const vf factor = vf_all(layout.has_min ? 1.0f : (float)-zero);
#pragma GCC unroll 4
  for (int r = 0; r < rows; r++) out[r] = vf_sum(vf_multiply_add(corrections[r], factor, sums[r]));
}

static inline __attribute__((always_inline)) void dot_all_rows(const int bits,
                                                               const struct matrix *w, size_t first,
                                                               size_t count, struct rounded x,
                                                               float *out) {
  const struct layout layout = layout_of(w->format);
  size_t i = 0;
  for (; i + ROWS <= count; i += ROWS) {
    dot_some_rows(bits, ROWS, w, layout, first + i, x, out + i);
  }
  for (; i < count; i++) dot_some_rows(bits, 1, w, layout, first + i, x, out + i);
}

static void dot_rows(const struct matrix *w, size_t first, size_t count, struct rounded x,
                     float *out) {
  if (layout_of(w->format).bits == 4) {
    dot_all_rows(4, w, first, count, x, out);
  } else {
    dot_all_rows(8, w, first, count, x, out);
  }
}
