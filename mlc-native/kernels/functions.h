/** What the functions that TVM calls have in common, and those of the KV cache. */
#ifndef MLC_KERNELS_FUNCTIONS_H_
#define MLC_KERNELS_FUNCTIONS_H_

#include "arguments.h"

/** A function that is registered with TVM: 0, or -1 with TVM's error set. */
#define FUNCTION(name) \
  int name(void* self, const TVMFFIAny* values, int32_t count, TVMFFIAny* result)

FUNCTION(append);
FUNCTION(attention_decode);
FUNCTION(attention_paged);
FUNCTION(attention_ragged);
FUNCTION(attention_whole);
FUNCTION(attention_merge);

static inline void require(struct arguments* arguments, bool holds, const char* problem) {
  if (!arguments->failed && !holds) arguments_fail(arguments, problem);
}

static inline bool has_shape(struct tensor x, int64_t a, int64_t b, int64_t c) {
  return x.dims == 3 && x.shape[0] == a && x.shape[1] == b && x.shape[2] == c;
}

#endif
