#include <string.h>

#include "isa.h"

extern const struct isa isa_portable;
#if defined(__x86_64__)
extern const struct isa isa_avx512vnni, isa_avxvnni, isa_avx2;
#elif defined(__aarch64__)
extern const struct isa isa_neon;
#endif

const struct isa* const isa_all[] = {
#if defined(__x86_64__)
    &isa_avx512vnni, &isa_avxvnni, &isa_avx2,
#elif defined(__aarch64__)
    &isa_neon,
#endif
    &isa_portable,   NULL,
};

const struct isa* isa = &isa_portable;

int isa_choose(const char* name) {
  for (const struct isa* const* candidate = isa_all; *candidate != NULL; candidate++) {
    if (name != NULL && strcmp(name, (*candidate)->name) != 0) continue;
    if (!(*candidate)->runs_here()) continue;
    isa = *candidate;
    return 0;
  }
  return -1;
}
