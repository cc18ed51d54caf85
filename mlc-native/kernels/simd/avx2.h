/** Vector primitives of AVX2 with FMA and F16C, and of AVX-VNNI if WITH_VNNI is defined. */
#include <stddef.h>

#include "simd/x86.h"

#define LANES 8

typedef __m256 vf;
typedef __m256i vi;

static inline vf vf_load(const float* p) { return _mm256_loadu_ps(p); }
static inline void vf_store(float* p, vf x) { _mm256_storeu_ps(p, x); }
static inline vf vf_all(float x) { return _mm256_set1_ps(x); }
static inline vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
static inline vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
static inline vf vf_abs(vf x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
static inline vf vf_multiply_add(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
static inline vf vf_nearest(vf x) { return _mm256_round_ps(x, 8); }
static inline vf vf_from_ints(vi x) { return _mm256_cvtepi32_ps(x); }

static inline float vf_first(vf x) { return _mm256_cvtss_f32(x); }
static inline float vf_sum(vf x) {
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
}
static inline float vf_largest(vf x) {
  __m128 half = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_max_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_max_ss(half, _mm_shuffle_ps(half, half, 1)));
}

static inline vf vf_load_half(const uint16_t* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128((const void*)p));
}
static inline void vf_store_half(uint16_t* p, vf x) {
  _mm_storeu_si128((void*)p, _mm256_cvtps_ph(x, 0));
}

static inline vi vi_zero(void) { return _mm256_setzero_si256(); }
static inline vi vi_load(const void* p) { return _mm256_loadu_si256(p); }
static inline vi vi_add(vi a, vi b) { return _mm256_add_epi32(a, b); }
static inline vf vf_from_bits(vi x) { return _mm256_castsi256_ps(x); }
/** Lane `r` of `columns[k]` is word `k` of the 16 bytes that lie `r` strides behind `p`. */
static inline __attribute__((always_inline)) void vi_columns(const uint8_t* p, size_t stride,
                                                             vi columns[4]) {
  vi rows[4];
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; i++) {
    const uint8_t* row = p + i * stride;
    rows[i] =
        _mm256_inserti128_si256(_mm256_castsi128_si256(v4_load(row)), v4_load(row + 4 * stride), 1);
  }
  const vi a = _mm256_unpacklo_epi32(rows[0], rows[1]), b = _mm256_unpackhi_epi32(rows[0], rows[1]);
  const vi c = _mm256_unpacklo_epi32(rows[2], rows[3]), d = _mm256_unpackhi_epi32(rows[2], rows[3]);
  columns[0] = _mm256_unpacklo_epi64(a, c);
  columns[1] = _mm256_unpackhi_epi64(a, c);
  columns[2] = _mm256_unpacklo_epi64(b, d);
  columns[3] = _mm256_unpackhi_epi64(b, d);
}
static inline vi vi_low_nibbles(vi x) { return _mm256_and_si256(x, _mm256_set1_epi8(15)); }
static inline vi vi_high_nibbles(vi x) { return vi_low_nibbles(_mm256_srli_epi16(x, 4)); }
/** Lane `r` of `out[0]` is the lower half-precision number of lane `r`, and of `out[1]` the other.
 */
static inline void vf_from_halves(vi x, vf out[2]) {
  const vi order = _mm256_set_epi8(15, 14, 11, 10, 7, 6, 3, 2, 13, 12, 9, 8, 5, 4, 1, 0, 15, 14, 11,
                                   10, 7, 6, 3, 2, 13, 12, 9, 8, 5, 4, 1, 0);
  const vi parted = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(x, order), 0xd8);
  out[0] = _mm256_cvtph_ps(_mm256_castsi256_si128(parted));
  out[1] = _mm256_cvtph_ps(_mm256_extracti128_si256(parted, 1));
}
static inline vi vi_flip_signs(vi x) { return _mm256_xor_si256(x, _mm256_set1_epi8((char)0x80)); }

/** `2^n * x` for whole `n` between -126 and 127. */
static inline vf vf_scale(vf x, vf n) {
  vi exponent = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);
  return x * _mm256_castsi256_ps(_mm256_add_epi32(exponent, _mm256_set1_epi32(127 << 23)));
}

/** Defines a function whose lane `i` joins all lanes of `x[i]` by `join`. */
#define JOIN_LANES(name, join)                                             \
  static inline vf name(const vf x[LANES]) {                               \
    vf pairs[4], quads[2];                                                 \
    for (int i = 0; i < 4; i++) {                                          \
      vf a = x[i / 2 * 4 + i % 2], b = x[i / 2 * 4 + i % 2 + 2];           \
      pairs[i] = join(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b)); \
    }                                                                      \
    for (int i = 0; i < 2; i++) {                                          \
      quads[i] = join(_mm256_unpacklo_ps(pairs[2 * i], pairs[2 * i + 1]),  \
                      _mm256_unpackhi_ps(pairs[2 * i], pairs[2 * i + 1])); \
    }                                                                      \
    return join(_mm256_permute2f128_ps(quads[0], quads[1], 0x20),          \
                _mm256_permute2f128_ps(quads[0], quads[1], 0x31));         \
  }
JOIN_LANES(vf_sums, _mm256_add_ps)
JOIN_LANES(vf_maxes, _mm256_max_ps)
#undef JOIN_LANES

/** Stores 8 whole numbers between -127 and 127 as bytes and returns their sum. */
static inline int32_t vf_store_bytes(int8_t* p, vf x) {
  vi whole = _mm256_cvtps_epi32(x);
  __m128i low = _mm256_castsi256_si128(whole), high = _mm256_extracti128_si256(whole, 1);
  __m128i bytes = _mm_packs_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128());
  _mm_storel_epi64((void*)p, bytes);
  __m128i sum = _mm_add_epi32(low, high);
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1)));
}

/** Even elements of 16 in `even`, odd ones in `odd`. */
static inline void vf_split_pairs(vf a, vf b, vf* even, vf* odd) {
  vf e = _mm256_shuffle_ps(a, b, 0x88), o = _mm256_shuffle_ps(a, b, 0xdd);
  *even = _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(e), 0xd8));
  *odd = _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(o), 0xd8));
}

/** `sum` and, in each lane, the products of four codes and bytes. */
static inline vi dot_fours(int bits, vi sum, vi codes, vi bytes) {
#ifdef WITH_VNNI
  (void)bits;
  return _mm256_dpbusd_avx_epi32(sum, codes, bytes);
#else
  // Two products of a code of 8 bits would not fit 16 bits, so signed codes lend their sign.
  vi pairs = bits == 8
                 ? _mm256_maddubs_epi16(_mm256_abs_epi8(codes), _mm256_sign_epi8(bytes, codes))
                 : _mm256_maddubs_epi16(codes, bytes);
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
#endif
}

/**
 * Integer products: lane `r` sums, over the steps, four codes of row `r` times four bytes. Without
 * VNNI the sums of codes of 4 bits stay in 16 bits until the end: 8 steps of at most 2 * 15 * 127.
 */
typedef vi vdot;

static inline vdot dot_start(int bits, int32_t correction) {
#ifdef WITH_VNNI
  (void)bits;
  return _mm256_set1_epi32(correction);
#else
  return bits == 8 ? _mm256_set1_epi32(correction) : _mm256_setzero_si256();
#endif
}
static inline vi dot_bytes(const int8_t* p) {
  int32_t four;
  memcpy(&four, p, 4);
  return _mm256_set1_epi32(four);
}
static inline vdot dot_step(int bits, vdot sum, vi codes, vi bytes) {
#ifndef WITH_VNNI
  if (bits == 4) return _mm256_add_epi16(sum, _mm256_maddubs_epi16(codes, bytes));
#endif
  return dot_fours(bits, sum, codes, bytes);
}
static inline vi dot_end(int bits, vdot sum, int32_t correction) {
#ifndef WITH_VNNI
  if (bits == 4) {
    return _mm256_add_epi32(_mm256_madd_epi16(sum, _mm256_set1_epi16(1)),
                            _mm256_set1_epi32(correction));
  }
#endif
  (void)bits, (void)correction;
  return sum;
}

/** Sums of a plane, counted in steps of the next. */
static inline vi vi_plane_up(vi sums) { return _mm256_slli_epi32(sums, 8); }

static inline void vi_store(void* p, vi x) { _mm256_storeu_si256(p, x); }
/** Stores 8 numbers, rounded, as 16-bit integers. */
static inline void vf_store_shorts(int16_t* p, vf x) {
  const vi whole = _mm256_cvtps_epi32(x);
  _mm_storeu_si128(
      (void*)p, _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1)));
}
/** Lane `i` holds `low[i]` and `high[i]`, rounded to 16 bits. */
static inline vi vi_pair(vf low, vf high) {
  return _mm256_blend_epi16(_mm256_cvtps_epi32(low),
                            _mm256_slli_epi32(_mm256_cvtps_epi32(high), 16), 0xaa);
}
/** Adds the products of pairs of 16-bit integers, lane by lane. */
static inline vi vi_add_pairs(vi sum, vi a, vi b) {
#ifdef WITH_VNNI
  return _mm256_dpwssd_avx_epi32(sum, a, b);
#else
  return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
#endif
}
enum { PAIR_ROWS = 4, PAIR_VECTORS = 2 };

/** Whether codes of 8 bits are multiplied as signed ones. */
#ifdef WITH_VNNI
enum { SIGNED_CODES = 0 };
#else
enum { SIGNED_CODES = 1 };
#endif
/** Vectors of sums of attention that the registers hold. */
enum { FEW_SUMS = 8 };
/** Of a block of products, for whose sums the registers are enough. */
enum { BLOCK_FLOAT_ROWS = 6, BLOCK_FLOAT_VECTORS = 2 };
