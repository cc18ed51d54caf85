/** Memory that the calling thread's jobs reuse from call to call. */
#ifndef MLC_KERNELS_SCRATCH_H_
#define MLC_KERNELS_SCRATCH_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a thread computes, which says what its results may depend on; see `mlc.cpu.phase`. */
enum phase {
  PHASE_BY_SHAPE,
  PHASE_PREFILL,
  PHASE_DECODE,
  PHASE_COUNT,
  /** Begun by `mlc.cpu.restore`, see restore.h; the next phase ends it. */
  PHASE_RESTORE
};

struct scratch {
  uint8_t* data;
  size_t size;
  size_t used;
  /** Threads that run this thread's jobs; 0 until they are set or counted. */
  int threads;
  /** This thread's own pool, see team.h. */
  struct pool* pool;
  /** Angles of the positions that were rotated last, see rotary.c. */
  struct rotations* rotations;
  enum phase phase;
  /** Whether some sequence of the phase's batch has keys in pages. */
  bool has_history;
  /** What the attention of the current layer has taken so far in a phase, see carried.h. */
  struct carried* carried;
};

/** The calling thread's scratch; it is freed when the thread ends. */
struct scratch* scratch_of_thread(void);

/**
 * Makes room for takings that use up `size` bytes in all and drops what was taken before. Returns
 * 0, or -1 if there is no memory.
 */
int scratch_reserve(struct scratch* scratch, size_t size);

/** What taking `size` bytes uses up: takings are aligned to 64. */
static inline size_t scratch_padded(size_t size) { return (size + 63) / 64 * 64; }

/** The next `size` reserved bytes. */
void* scratch_take(struct scratch* scratch, size_t size);

#endif
