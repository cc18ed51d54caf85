#define TARGET_NAME "avx512vnni"
#include "isa.h"
#include "simd/avx512.h"
// clang-format off: each file builds on those before it.
#include "loops/floats.h"
#include "loops/integers.h"
#include "loops/attend_few.h"
#include "loops/attend_many.h"
#include "loops/rows.h"
// clang-format on

static bool runs_here(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni");
}

#define TABLE isa_avx512vnni
#include "loops/table.h"
