/** Vector primitives of NEON with dot products, for aarch64. */
#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LANES 4

typedef float32x4_t vf;
typedef int32x4_t vi;

static inline vf vf_load(const float* p) { return vld1q_f32(p); }
static inline void vf_store(float* p, vf x) { vst1q_f32(p, x); }
static inline vf vf_all(float x) { return vdupq_n_f32(x); }
static inline vf vf_max(vf a, vf b) { return vmaxq_f32(a, b); }
static inline vf vf_min(vf a, vf b) { return vminq_f32(a, b); }
static inline vf vf_abs(vf x) { return vabsq_f32(x); }
static inline vf vf_multiply_add(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
static inline vf vf_nearest(vf x) { return vrndnq_f32(x); }
static inline vf vf_from_ints(vi x) { return vcvtq_f32_s32(x); }
static inline float vf_first(vf x) { return vgetq_lane_f32(x, 0); }
static inline float vf_sum(vf x) { return vaddvq_f32(x); }
static inline float vf_largest(vf x) { return vmaxvq_f32(x); }

static inline vf vf_load_half(const uint16_t* p) {
  return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
}
static inline void vf_store_half(uint16_t* p, vf x) {
  vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32(x)));
}

static inline vi vi_zero(void) { return vdupq_n_s32(0); }
static inline vi vi_load(const void* p) { return vreinterpretq_s32_u8(vld1q_u8(p)); }
static inline void vi_store(void* p, vi x) { vst1q_u8(p, vreinterpretq_u8_s32(x)); }
static inline vi vi_add(vi a, vi b) { return vaddq_s32(a, b); }
static inline vf vf_from_bits(vi x) { return vreinterpretq_f32_s32(x); }
static inline vi vi_low_nibbles(vi x) {
  return vreinterpretq_s32_u8(vandq_u8(vreinterpretq_u8_s32(x), vdupq_n_u8(15)));
}
static inline vi vi_high_nibbles(vi x) {
  return vreinterpretq_s32_u8(vshrq_n_u8(vreinterpretq_u8_s32(x), 4));
}
/** Lane `r` of `out[0]` is the lower half-precision number of lane `r`, and of `out[1]` the other.
 */
static inline void vf_from_halves(vi x, vf out[2]) {
  out[0] = vcvt_f32_f16(vreinterpret_f16_s16(vmovn_s32(x)));
  out[1] = vcvt_f32_f16(vreinterpret_f16_s16(vshrn_n_s32(x, 16)));
}
static inline vi vi_flip_signs(vi x) {
  return vreinterpretq_s32_u8(veorq_u8(vreinterpretq_u8_s32(x), vdupq_n_u8(0x80)));
}
/**
 * Asks for a line of memory, into the second cache: assembly, because compilers take functions that
 * only prefetch for functions without effect.
 */
static inline void prefetch(const void* p) {
  __asm__ volatile("prfm pldl2keep, %0" : : "Q"(*(const char*)p));
}

/** `2^n * x` for whole `n` between -126 and 127. */
static inline vf vf_scale(vf x, vf n) {
  const vi exponent = vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127));
  return vmulq_f32(x, vreinterpretq_f32_s32(vshlq_n_s32(exponent, 23)));
}

/** Lane `i` of the result is the sum of `x[i]`. */
static inline vf vf_sums(const vf x[LANES]) {
  return vpaddq_f32(vpaddq_f32(x[0], x[1]), vpaddq_f32(x[2], x[3]));
}

/** Lane `i` of the result is the greatest lane of `x[i]`. */
static inline vf vf_maxes(const vf x[LANES]) {
  return vpmaxq_f32(vpmaxq_f32(x[0], x[1]), vpmaxq_f32(x[2], x[3]));
}

/** Stores 4 whole numbers between -127 and 127 as bytes and returns their sum. */
static inline int32_t vf_store_bytes(int8_t* p, vf x) {
  const vi whole = vcvtnq_s32_f32(x);
  const int16x4_t shorts = vqmovn_s32(whole);
  const int8x8_t bytes = vqmovn_s16(vcombine_s16(shorts, shorts));
  const int32_t four = vget_lane_s32(vreinterpret_s32_s8(bytes), 0);
  memcpy(p, &four, 4);
  return vaddvq_s32(whole);
}

/** Even elements of 8 in `even`, odd ones in `odd`. */
static inline void vf_split_pairs(vf a, vf b, vf* even, vf* odd) {
  *even = vuzp1q_f32(a, b);
  *odd = vuzp2q_f32(a, b);
}

/** Integer products: lane `r` sums, over the steps, four codes of row `r` times four bytes. */
typedef vi vdot;

static inline vdot dot_start(int bits, int32_t correction) {
  (void)bits;
  return vdupq_n_s32(correction);
}
static inline vi dot_bytes(const int8_t* p) {
  int32_t four;
  memcpy(&four, p, 4);
  return vdupq_n_s32(four);
}
static inline vdot dot_step(int bits, vdot sum, vi codes, vi bytes) {
  (void)bits;
  return vdotq_s32(sum, vreinterpretq_s8_s32(codes), vreinterpretq_s8_s32(bytes));
}
static inline vi dot_end(int bits, vdot sum, int32_t correction) {
  (void)bits, (void)correction;
  return sum;
}

/** Sums of a plane, counted in steps of the next. */
static inline vi vi_plane_up(vi sums) { return vshlq_n_s32(sums, 8); }

/** Stores 4 numbers, rounded, as 16-bit integers. */
static inline void vf_store_shorts(int16_t* p, vf x) { vst1_s16(p, vqmovn_s32(vcvtnq_s32_f32(x))); }
/** Lane `i` holds `low[i]` and `high[i]`, rounded to 16 bits. */
static inline vi vi_pair(vf low, vf high) {
  return vsliq_n_s32(vcvtnq_s32_f32(low), vcvtnq_s32_f32(high), 16);
}
/** Adds the products of pairs of 16-bit integers, lane by lane. */
static inline vi vi_add_pairs(vi sum, vi a, vi b) {
  const int16x8_t x = vreinterpretq_s16_s32(a), y = vreinterpretq_s16_s32(b);
  const vi first = vmull_s16(vget_low_s16(x), vget_low_s16(y)), second = vmull_high_s16(x, y);
  return vaddq_s32(sum, vpaddq_s32(first, second));
}
enum { PAIR_ROWS = 4, PAIR_VECTORS = 4 };

/** Whether codes of 8 bits are multiplied as signed ones. */
enum { SIGNED_CODES = 1 };
/** Vectors of sums of attention that the registers hold. */
enum { FEW_SUMS = 16 };
/** Of a block of products, for whose sums the registers are enough. */
enum { BLOCK_FLOAT_ROWS = 6, BLOCK_FLOAT_VECTORS = 4 };

typedef int32x4_t v4;
static inline v4 v4_load(const void* p) { return vi_load(p); }
static inline void v4_store(void* p, v4 x) { vi_store(p, x); }
/** Turns four rows of four words into four columns. */
static inline void v4_transpose(v4 x[4]) {
  const int32x4x2_t a = vtrnq_s32(x[0], x[1]), b = vtrnq_s32(x[2], x[3]);
  for (int i = 0; i < 2; i++) {
    x[i] = vcombine_s32(vget_low_s32(a.val[i]), vget_low_s32(b.val[i]));
    x[i + 2] = vcombine_s32(vget_high_s32(a.val[i]), vget_high_s32(b.val[i]));
  }
}
static inline float float_of_half(uint16_t x) {
  return vf_first(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(x))));
}

/** Lane `r` of `columns[k]` is word `k` of the 16 bytes that lie `r` strides behind `p`. */
static inline void vi_columns(const uint8_t* p, size_t stride, vi columns[4]) {
  for (size_t r = 0; r < 4; r++) columns[r] = vi_load(p + r * stride);
  v4_transpose(columns);
}
