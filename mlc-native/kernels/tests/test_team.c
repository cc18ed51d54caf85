/** Jobs whose members are late at random: every part of every stage is done once. */
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"
#include "team.h"

enum { STAGES = 6, MOST_PARTS = 100 };

struct stages {
  size_t parts[STAGES];
  /** By stage and member: microseconds to sleep before the first claim. */
  useconds_t late[STAGES][8];
  atomic_int done[STAGES][MOST_PARTS];
  /** Parts of the stage before that were missing when a stage began. */
  atomic_int missing;
};

static void run_stages(struct team* team, int member, void* context) {
  struct stages* stages = context;
  for (int stage = 0; stage < STAGES; stage++) {
    if (stages->late[stage][member] > 0) usleep(stages->late[stage][member]);
    const size_t parts = stages->parts[stage];
    size_t part;
    while ((part = team_claim(team, member, parts)) < parts) {
      atomic_fetch_add(&stages->done[stage][part], 1);
    }
    team_barrier(team);
    for (size_t i = 0; i < parts; i++) {
      if (atomic_load(&stages->done[stage][i]) == 0) atomic_fetch_add(&stages->missing, 1);
    }
  }
}

void test_team(uint64_t seed) {
  case_begin("team", seed);
  pool_threads = random_int(1, 4);
  for (int job = 0; job < 3; job++) {
    struct stages stages = {0};
    for (int stage = 0; stage < STAGES; stage++) {
      stages.parts[stage] = (size_t)random_int(0, random_bool() ? 4 : MOST_PARTS);
      const int late = random_int(0, 7);
      if (random_int(0, 3) == 0) stages.late[stage][late] = (useconds_t)random_int(1, 400);
    }
    check(team_run(run_stages, &stages) == 0, "the job failed: %s", raised);
    check(stages.missing == 0, "a stage began before %d parts were done", (int)stages.missing);
    for (int stage = 0; stage < STAGES; stage++) {
      for (size_t i = 0; i < MOST_PARTS; i++) {
        const int expected = i < stages.parts[stage];
        check(stages.done[stage][i] == expected, "part %zu of %zu in stage %d was done %d times", i,
              stages.parts[stage], stage, (int)stages.done[stage][i]);
      }
    }
  }
}
