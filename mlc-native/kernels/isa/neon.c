#define TARGET_NAME "neon"
#include "simd/neon.h"

#if defined(__linux__)
#include <sys/auxv.h>
#endif

#include "isa.h"
// clang-format off: each file builds on those before it.
#include "loops/floats.h"
#include "loops/integers.h"
#include "loops/attend_few.h"
#include "loops/attend_many.h"
#include "loops/rows.h"
// clang-format on

static bool runs_here(void) {
#if defined(__linux__)
  const unsigned long dot_products = 1ul << 20;
  return (getauxval(AT_HWCAP) & dot_products) != 0;
#else
  return true;
#endif
}

#define TABLE isa_neon
#include "loops/table.h"
