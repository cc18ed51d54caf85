#define WITH_VNNI
#define TARGET_NAME "avxvnni"
#include "isa.h"
#include "simd/avx2.h"
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
         __builtin_cpu_supports("f16c") && __builtin_cpu_supports("avxvnni");
}

#define TABLE isa_avxvnni
#include "loops/table.h"
