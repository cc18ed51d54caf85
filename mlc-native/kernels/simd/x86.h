/** Primitives that all instruction sets of x86-64 share: four words at a time, and prefetching. */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

/**
 * Asks for a line of memory, into the second cache: assembly, because compilers take functions that
 * only prefetch for functions without effect.
 */
static inline void prefetch(const void* p) {
  __asm__ volatile("prefetcht1 %0" : : "m"(*(const char*)p));
}

typedef __m128i v4;
static inline v4 v4_load(const void* p) { return _mm_loadu_si128(p); }
static inline void v4_store(void* p, v4 x) { _mm_storeu_si128(p, x); }
/** Turns four rows of four words into four columns. */
static inline void v4_transpose(v4 x[4]) {
  v4 a = _mm_unpacklo_epi32(x[0], x[1]), b = _mm_unpackhi_epi32(x[0], x[1]);
  v4 c = _mm_unpacklo_epi32(x[2], x[3]), d = _mm_unpackhi_epi32(x[2], x[3]);
  x[0] = _mm_unpacklo_epi64(a, c);
  x[1] = _mm_unpackhi_epi64(a, c);
  x[2] = _mm_unpacklo_epi64(b, d);
  x[3] = _mm_unpackhi_epi64(b, d);
}
static inline float float_of_half(uint16_t x) { return _cvtsh_ss(x); }
