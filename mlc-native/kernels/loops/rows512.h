/** Products of quantized rows and one rounded row with AVX-512 and VNNI, four rows at a time. */

enum { ROWS = 4 };

/** `scale` and, in `addend`, what `scaled_sum` is multiplied with, of 16 groups; 0 behind `mask`. */
static inline vf load_scales(const struct matrix *w, size_t at, __mmask16 mask) {
  if (layout_of(w->format).wide_scale) {
    return _mm512_maskz_loadu_ps(mask, (const float *)w->scale + at);
  }
  return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, (const uint16_t *)w->scale + at));
}

/** The codes of two groups of 4 bits: [first low, second low, first high, second high]. */
static inline vi nibble_pair(const uint8_t *p, bool both) {
  __m256i bytes = both ? _mm256_loadu_si256((const void *)p)
                       : _mm256_zextsi128_si256(_mm_loadu_si128((const void *)p));
  vi twice = _mm512_broadcast_i64x4(bytes);
  const vi shifts = _mm512_set_epi64(4, 4, 4, 4, 0, 0, 0, 0);
  return _mm512_and_si512(_mm512_srlv_epi64(twice, shifts), _mm512_set1_epi8(15));
}

static inline vi byte_pair(const uint8_t *p, bool both, bool is_signed) {
  vi bytes = both ? _mm512_loadu_si512(p)
                  : _mm512_zextsi256_si512(_mm256_loadu_si256((const void *)p));
  return is_signed ? _mm512_xor_si512(bytes, _mm512_set1_epi8((char)0x80)) : bytes;
}

/** Two groups of activations in the order of `nibble_pair` or `byte_pair`. */
static inline vi activation_pair(const int bits, const int8_t *p, bool both) {
  vi bytes = both ? _mm512_loadu_si512(p)
                  : _mm512_zextsi256_si512(_mm256_loadu_si256((const void *)p));
  return bits == 4 ? _mm512_shuffle_i64x2(bytes, bytes, 0xd8) : bytes;
}

static inline __attribute__((always_inline)) void dot_some_rows(const int bits, const int rows,
                                                                const struct matrix *w,
                                                                struct layout layout, size_t first,
                                                                struct rounded x, float *out) {
  const size_t groups = groups_of(w), bytes = row_bytes(w);
  const uint8_t *codes = w->codes + first * bytes;
  // Lanes of a pair's products: by quarters with 4 bits, by halves with 8.
  const vi lanes = bits == 4 ? _mm512_set_epi32(1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0)
                             : _mm512_set_epi32(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  vf sums[ROWS], corrections[ROWS];
#pragma GCC unroll 4
  for (int r = 0; r < rows; r++) sums[r] = corrections[r] = vf_all(0);
  for (size_t g = 0; g < groups; g += 16) {
    const size_t here = groups - g < 16 ? groups - g : 16;
    const __mmask16 mask = (__mmask16)((1u << here) - 1);
    const vf x_scale = _mm512_maskz_loadu_ps(mask, x.scale + g);
    const vf x_sum = _mm512_maskz_loadu_ps(mask, x.scaled_sum + g);
    vf scales[ROWS];
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
      size_t at = (first + (size_t)r) * groups + g;
      vf scale = load_scales(w, at, mask);
      vf addend = layout.has_min
                      ? _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, w->min + at))
                      : scale;
      scales[r] = scale * x_scale;
      corrections[r] = vf_multiply_add(addend, x_sum, corrections[r]);
    }
    vi pick = lanes;
    for (size_t p = 0; p < here; p += 2, pick = _mm512_add_epi32(pick, _mm512_set1_epi32(2))) {
      const bool both = p + 1 < here;
      const size_t place = (g + p) * GROUP;
      const vi activations = activation_pair(bits, x.codes + place, both);
#pragma GCC unroll 4
      for (int r = 0; r < rows; r++) {
        const uint8_t *row = codes + (size_t)r * bytes + place * (size_t)bits / 8;
        vi pair = bits == 4 ? nibble_pair(row, both) : byte_pair(row, both, layout.is_signed);
        vi dot = _mm512_dpbusd_epi32(_mm512_setzero_si512(), pair, activations);
        sums[r] = vf_multiply_add(vf_from_ints(dot), _mm512_permutexvar_ps(pick, scales[r]),
                                  sums[r]);
      }
    }
  }
  const vf factor = vf_all(layout.has_min ? 1.0f : (float)-layout.zero);
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
