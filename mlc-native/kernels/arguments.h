/** Reads the arguments of a call from TVM, one after the other. */
#ifndef MLC_KERNELS_ARGUMENTS_H_
#define MLC_KERNELS_ARGUMENTS_H_

#include <stdbool.h>
#include <tvm/ffi/c_api.h>

#include "isa.h"

/** A call's arguments. The first error is kept in TVM's error slot, and reads after it give zeros.
 */
struct arguments {
  const char* function;
  const TVMFFIAny* values;
  int count;
  int next;
  bool failed;
  /** What the numbers that stand for tensors count; NULL without an array. */
  const TVMFFISeqCell* parameters;
};

/** A contiguous tensor on the CPU; `data` includes the byte offset. */
struct tensor {
  void* data;
  int dims;
  const int64_t* shape;
  DLDataType dtype;
};

/** The arguments of a call, which begin with the array of parameters if there is one. */
struct arguments arguments_start(const char* function, const TVMFFIAny* values, int count);

/** Raises a ValueError that names the function and the argument that was read last. */
void arguments_fail(struct arguments* arguments, const char* problem);

/** 0 if all arguments were read without an error, else -1. */
int arguments_end(struct arguments* arguments);

/** A tensor, or the parameter whose number stands for it. */
struct tensor read_tensor(struct arguments* arguments);
struct tensor read_int32s(struct arguments* arguments);
struct tensor read_float32s(struct arguments* arguments);
/** Float16 or float32. */
struct tensor read_numbers(struct arguments* arguments);
int64_t read_int(struct arguments* arguments);
double read_float(struct arguments* arguments);
/** A format and its planes. */
struct matrix read_matrix(struct arguments* arguments);
/** Numbers `[n]` and an epsilon. */
struct floats read_norm(struct arguments* arguments, size_t columns, float* epsilon);

static inline bool is_half(struct tensor tensor) { return tensor.dtype.bits == 16; }
static inline struct floats floats_of(struct tensor tensor) {
  return (struct floats){tensor.data, is_half(tensor)};
}

/** The product of all dimensions. */
size_t size_of(struct tensor tensor);
/** The last dimension, 0 without one. */
size_t columns_of(struct tensor tensor);
/** The product of all dimensions but the last. */
size_t rows_of(struct tensor tensor);

#endif
