/** A job on all threads of TVM's pool, and barriers inside it. */
#ifndef MLC_KERNELS_TEAM_H_
#define MLC_KERNELS_TEAM_H_

#include <stdatomic.h>
#include <stddef.h>

struct team {
  int size;
  /** Members that have reached the current barrier. */
  _Alignas(64) atomic_int arrived;
  /** Barriers passed. */
  _Alignas(64) atomic_uint phase;
  /** The next part of the current stage that nobody has claimed. */
  _Alignas(64) atomic_size_t next;
};

/** Half-open range of indices. */
struct range {
  size_t first, last;
};

/** What each member runs; `member` counts from 0, which is the calling thread. */
typedef void (*team_job)(struct team* team, int member, void* context);

/**
 * Runs a job on all threads of the calling thread's pool and waits for them. Returns 0, or -1 with
 * TVM's error set.
 */
int team_run(team_job job, void* context);

/** Runs a job on the calling thread alone. */
void team_run_alone(team_job job, void* context);

/** Threads of the calling thread's pool. */
int team_threads(void);

/** Waits for all members; what they wrote before is seen by all after. Unclaims all parts. */
void team_barrier(struct team* team);

/** Claims the next part of a stage: 0, 1, ... as the members come. */
size_t team_claim(struct team* team);

/** The member's share of `count` items, in multiples of `unit`. */
struct range team_share(const struct team* team, int member, size_t count, size_t unit);

#endif
