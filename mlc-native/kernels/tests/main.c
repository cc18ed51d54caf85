/**
 * Tests every instruction set that this machine has: `kernels_tests [--seed N] [--rounds N]`.
 *
 * A failure ends the program with status 1 and says how to repeat it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support.h"

#ifdef WITH_AVXVNNI_BY_AVX512
extern const struct isa isa_avxvnni_by_avx512;
#endif

static void test(const struct isa* set, bool runs_here, uint64_t seed, uint64_t rounds) {
  if (!runs_here) {
    printf("%s: skipped, this processor lacks it\n", set->name);
    return;
  }
  isa = set;
  for (uint64_t round = 0; round < rounds; round++) {
    test_loops(seed + round);
    test_attention(seed + round);
    test_jobs(seed + round);
    test_phases(seed + round);
    test_restore(seed + round);
    test_team(seed + round);
  }
  printf("%s: %llu rounds from seed %llu passed\n", set->name, (unsigned long long)rounds,
         (unsigned long long)seed);
}

int main(int count, char** arguments) {
  uint64_t seed = (uint64_t)time(NULL), rounds = 100;
  for (int i = 1; i + 1 < count; i += 2) {
    uint64_t value = strtoull(arguments[i + 1], NULL, 10);
    if (strcmp(arguments[i], "--seed") == 0) seed = value;
    if (strcmp(arguments[i], "--rounds") == 0) rounds = value;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (const struct isa* const* set = isa_all; *set != NULL; set++) {
    test(*set, (*set)->runs_here(), seed, rounds);
  }
#ifdef WITH_AVXVNNI_BY_AVX512
  puts("avxvnni once more, with AVX-512's instruction:");
  const bool runs_here = __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vl");
  test(&isa_avxvnni_by_avx512, runs_here, seed, rounds);
#endif
  return 0;
}
