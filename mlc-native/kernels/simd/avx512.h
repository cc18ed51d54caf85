/** Vector primitives of AVX-512 with VNNI. */
#include <stddef.h>

#include "simd/x86.h"

#define LANES 16

typedef __m512 vf;
typedef __m512i vi;

static inline vf vf_load(const float* p) { return _mm512_loadu_ps(p); }
static inline void vf_store(float* p, vf x) { _mm512_storeu_ps(p, x); }
static inline vf vf_all(float x) { return _mm512_set1_ps(x); }
static inline vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
static inline vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
static inline vf vf_abs(vf x) { return _mm512_abs_ps(x); }
static inline vf vf_multiply_add(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
static inline vf vf_nearest(vf x) { return _mm512_roundscale_ps(x, 8); }
static inline vf vf_from_ints(vi x) { return _mm512_cvtepi32_ps(x); }
static inline float vf_first(vf x) { return _mm512_cvtss_f32(x); }
static inline float vf_sum(vf x) { return _mm512_reduce_add_ps(x); }
static inline float vf_largest(vf x) { return _mm512_reduce_max_ps(x); }

static inline vf vf_load_half(const uint16_t* p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256((const void*)p));
}
static inline void vf_store_half(uint16_t* p, vf x) {
  _mm256_storeu_si256((void*)p, _mm512_cvtps_ph(x, 8));
}

static inline vi vi_zero(void) { return _mm512_setzero_si512(); }
static inline vi vi_load(const void* p) { return _mm512_loadu_si512(p); }
static inline vi vi_add(vi a, vi b) { return _mm512_add_epi32(a, b); }
static inline vf vf_from_bits(vi x) { return _mm512_castsi512_ps(x); }
/** Lane `r` of `columns[k]` is word `k` of the 16 bytes that lie `r` strides behind `p`. */
static inline __attribute__((always_inline)) void vi_columns(const uint8_t* p, size_t stride,
                                                             vi columns[4]) {
  vi rows[4];
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; i++) {
    __m256i halves[2];
#pragma GCC unroll 2
    for (size_t h = 0; h < 2; h++) {
      const uint8_t* row = p + (i + 8 * h) * stride;
      halves[h] = _mm256_inserti128_si256(_mm256_castsi128_si256(v4_load(row)),
                                          v4_load(row + 4 * stride), 1);
    }
    rows[i] = _mm512_inserti64x4(_mm512_castsi256_si512(halves[0]), halves[1], 1);
  }
  const vi a = _mm512_unpacklo_epi32(rows[0], rows[1]), b = _mm512_unpackhi_epi32(rows[0], rows[1]);
  const vi c = _mm512_unpacklo_epi32(rows[2], rows[3]), d = _mm512_unpackhi_epi32(rows[2], rows[3]);
  columns[0] = _mm512_unpacklo_epi64(a, c);
  columns[1] = _mm512_unpackhi_epi64(a, c);
  columns[2] = _mm512_unpacklo_epi64(b, d);
  columns[3] = _mm512_unpackhi_epi64(b, d);
}
static inline vi vi_low_nibbles(vi x) { return _mm512_and_si512(x, _mm512_set1_epi8(15)); }
static inline vi vi_high_nibbles(vi x) { return vi_low_nibbles(_mm512_srli_epi16(x, 4)); }
/** Lane `r` of `out[0]` is the lower half-precision number of lane `r`, and of `out[1]` the other.
 */
static inline void vf_from_halves(vi x, vf out[2]) {
  out[0] = _mm512_cvtph_ps(_mm512_cvtepi32_epi16(x));
  out[1] = _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_srli_epi32(x, 16)));
}
static inline vi vi_flip_signs(vi x) { return _mm512_xor_si512(x, _mm512_set1_epi8((char)0x80)); }

/** `2^n * x` for whole `n`. */
static inline vf vf_scale(vf x, vf n) { return _mm512_scalef_ps(x, n); }

/** Defines a function whose lane `i` joins all lanes of `x[i]` by `join`. */
#define JOIN_LANES(name, join)                                                                 \
  static inline vf name(const vf x[LANES]) {                                                   \
    vf pairs[8], quads[4];                                                                     \
    for (int i = 0; i < 8; i++) {                                                              \
      vf a = x[i / 2 * 4 + i % 2], b = x[i / 2 * 4 + i % 2 + 2];                               \
      pairs[i] = join(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));                     \
    }                                                                                          \
    for (int i = 0; i < 4; i++) {                                                              \
      quads[i] = join(_mm512_unpacklo_ps(pairs[2 * i], pairs[2 * i + 1]),                      \
                      _mm512_unpackhi_ps(pairs[2 * i], pairs[2 * i + 1]));                     \
    }                                                                                          \
    vf low = join(_mm512_shuffle_f32x4(quads[0], quads[1], 0x88),                              \
                  _mm512_shuffle_f32x4(quads[0], quads[1], 0xdd));                             \
    vf high = join(_mm512_shuffle_f32x4(quads[2], quads[3], 0x88),                             \
                   _mm512_shuffle_f32x4(quads[2], quads[3], 0xdd));                            \
    return join(_mm512_shuffle_f32x4(low, high, 0x88), _mm512_shuffle_f32x4(low, high, 0xdd)); \
  }
JOIN_LANES(vf_sums, _mm512_add_ps)
JOIN_LANES(vf_maxes, _mm512_max_ps)
#undef JOIN_LANES

/** Stores 16 whole numbers between -127 and 127 as bytes and returns their sum. */
static inline int32_t vf_store_bytes(int8_t* p, vf x) {
  vi whole = _mm512_cvtps_epi32(x);
  _mm_storeu_si128((void*)p, _mm512_cvtepi32_epi8(whole));
  return _mm512_reduce_add_epi32(whole);
}

/** Even elements of 32 in `even`, odd ones in `odd`. */
static inline void vf_split_pairs(vf a, vf b, vf* even, vf* odd) {
  const vi even_lanes = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  *even = _mm512_permutex2var_ps(a, even_lanes, b);
  *odd = _mm512_permutex2var_ps(a, _mm512_or_si512(even_lanes, _mm512_set1_epi32(1)), b);
}

/** Integer products: lane `r` sums, over the steps, four codes of row `r` times four bytes. */
typedef vi vdot;

static inline vdot dot_start(int bits, int32_t correction) {
  (void)bits;
  return _mm512_set1_epi32(correction);
}
static inline vi dot_bytes(const int8_t* p) {
  int32_t four;
  memcpy(&four, p, 4);
  return _mm512_set1_epi32(four);
}
static inline vdot dot_step(int bits, vdot sum, vi codes, vi bytes) {
  (void)bits;
  // Compilers copy the sums of the intrinsic from register to register.
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(codes), "v"(bytes));
  return sum;
}
static inline vi dot_end(int bits, vdot sum, int32_t correction) {
  (void)bits, (void)correction;
  return sum;
}

/** Sums of a plane, counted in steps of the next. */
static inline vi vi_plane_up(vi sums) { return _mm512_slli_epi32(sums, 8); }

static inline void vi_store(void* p, vi x) { _mm512_storeu_si512(p, x); }
/** Stores 16 numbers, rounded, as 16-bit integers. */
static inline void vf_store_shorts(int16_t* p, vf x) {
  _mm256_storeu_si256((void*)p, _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(x)));
}
/** Lane `i` holds `low[i]` and `high[i]`, rounded to 16 bits. */
static inline vi vi_pair(vf low, vf high) {
  return _mm512_mask_blend_epi16(0xaaaaaaaau, _mm512_cvtps_epi32(low),
                                 _mm512_slli_epi32(_mm512_cvtps_epi32(high), 16));
}
/** Adds the products of pairs of 16-bit integers, lane by lane. */
static inline vi vi_add_pairs(vi sum, vi a, vi b) {
  // Compilers copy the sums of the intrinsic from register to register.
  __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  return sum;
}
enum { PAIR_ROWS = 6, PAIR_VECTORS = 4 };

/** Whether codes of 8 bits are multiplied as signed ones. */
enum { SIGNED_CODES = 0 };
/** Vectors of sums of attention that the registers hold. */
enum { FEW_SUMS = 16 };
/** Of a block of products, for whose sums the registers are enough. */
enum { BLOCK_FLOAT_ROWS = 6, BLOCK_FLOAT_VECTORS = 4 };
