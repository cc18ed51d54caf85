/** The loops for AVX-VNNI with AVX-512's form of its instructions, for machines without it. */
#include <immintrin.h>

#define _mm256_dpbusd_avx_epi32 _mm256_dpbusd_epi32
#define _mm256_dpwssd_avx_epi32 _mm256_dpwssd_epi32
#define isa_avxvnni isa_avxvnni_by_avx512
#include "isa/avxvnni.c"
