/** How long each stage takes, as the thread that launches the jobs sees it. */
#ifndef MLC_KERNELS_PROFILE_H_
#define MLC_KERNELS_PROFILE_H_

#include <stddef.h>

enum stage {
  STAGE_EMBED,
  STAGE_NORM,
  STAGE_LINEAR,
  STAGE_QKV,
  STAGE_ROTARY,
  STAGE_APPEND,
  STAGE_ATTENTION,
  STAGE_MERGE,
  STAGE_OUTPUT,
  STAGE_GATE_UP,
  STAGE_DOWN,
  STAGE_COUNT
};

/** Forgets what was measured and measures from now on, on all threads. */
void profile_start(void);

/** Stops, and writes a JSON object of stages to `text`; what does not fit is left out. */
void profile_stop(char* text, size_t size);

/** Starts the clock of the calling thread. */
void profile_enter(void);

/** Adds the time since the last `profile_enter` or `profile_leave` of this thread to a stage. */
void profile_leave(enum stage stage);

#endif
