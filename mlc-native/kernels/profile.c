#include "profile.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static const char* const names[STAGE_COUNT] = {
    [STAGE_EMBED] = "embed",          [STAGE_NORM] = "norm",      [STAGE_LINEAR] = "linear",
    [STAGE_QKV] = "qkv_proj",         [STAGE_ROTARY] = "rotary",  [STAGE_APPEND] = "kv_append",
    [STAGE_ATTENTION] = "attention",  [STAGE_MERGE] = "merge",    [STAGE_OUTPUT] = "o_proj",
    [STAGE_GATE_UP] = "gate_up_proj", [STAGE_DOWN] = "down_proj",
};

static atomic_bool running;
static atomic_uint_least64_t calls[STAGE_COUNT], nanoseconds[STAGE_COUNT];
static _Thread_local uint64_t last;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int is_running(void) { return atomic_load_explicit(&running, memory_order_relaxed); }

void profile_start(void) {
  for (int i = 0; i < STAGE_COUNT; i++) {
    atomic_store(&calls[i], 0);
    atomic_store(&nanoseconds[i], 0);
  }
  atomic_store(&running, 1);
}

void profile_stop(char* text, size_t size) {
  atomic_store(&running, 0);
  size_t used = 0;
  const char* before = "{";
  for (int i = 0; i < STAGE_COUNT && used < size; i++) {
    if (atomic_load(&calls[i]) == 0) continue;
    used += (size_t)snprintf(
        text + used, size - used, "%s\"%s\": {\"calls\": %" PRIu64 ", \"ns\": %" PRIu64 "}", before,
        names[i], (uint64_t)atomic_load(&calls[i]), (uint64_t)atomic_load(&nanoseconds[i]));
    before = ", ";
  }
  if (used < size) snprintf(text + used, size - used, "%s}", used == 0 ? "{" : "");
}

void profile_enter(void) {
  if (is_running()) last = now();
}

void profile_leave(enum stage stage) {
  if (!is_running()) return;
  uint64_t time = now();
  atomic_fetch_add_explicit(&calls[stage], 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&nanoseconds[stage], time - last, memory_order_relaxed);
  last = time;
}
