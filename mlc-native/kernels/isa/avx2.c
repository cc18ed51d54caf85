#define TARGET_NAME "avx2"
#include "simd/avx2.h"

#include "isa.h"
// clang-format off: each file builds on those before it.
#include "loops/floats.h"
#include "loops/integers.h"
#include "loops/attend_few.h"
#include "loops/attend_many.h"
#include "loops/rows.h"
// clang-format on

static bool runs_here(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("f16c");
}

#define TABLE isa_avx2
#include "loops/table.h"
