#include "arguments.h"

#include <stdio.h>

struct arguments arguments_start(const char* function, const TVMFFIAny* values, int count) {
  struct arguments arguments = {.function = function, .values = values, .count = count};
  if (count > 0 && values[0].type_index == kTVMFFIArray) {
    arguments.parameters =
        (const TVMFFISeqCell*)((const char*)values[0].v_obj + sizeof(TVMFFIObject));
    arguments.next = 1;
  }
  return arguments;
}

void arguments_fail(struct arguments* arguments, const char* problem) {
  if (arguments->failed) return;
  arguments->failed = true;
  char message[256];
  snprintf(message, sizeof message, "%s, argument %d: %s", arguments->function, arguments->next - 1,
           problem);
  TVMFFIErrorSetRaisedFromCStr("ValueError", message);
}

int arguments_end(struct arguments* arguments) {
  if (!arguments->failed && arguments->next != arguments->count) {
    arguments->next++;
    arguments_fail(arguments, "is one too many");
  }
  return arguments->failed ? -1 : 0;
}

static const TVMFFIAny* next(struct arguments* arguments) {
  if (arguments->next++ < arguments->count) return &arguments->values[arguments->next - 1];
  arguments_fail(arguments, "is missing");
  return NULL;
}

static const DLTensor* as_tensor(const TVMFFIAny* value) {
  if (value == NULL) return NULL;
  if (value->type_index == kTVMFFIDLTensorPtr) return value->v_ptr;
  if (value->type_index != kTVMFFITensor) return NULL;
  return (const DLTensor*)((const char*)value->v_obj + sizeof(TVMFFIObject));
}

static bool is_contiguous(const DLTensor* tensor) {
  if (tensor->strides == NULL) return true;
  int64_t expected = 1;
  for (int i = tensor->ndim - 1; i >= 0; i--) {
    if (tensor->shape[i] != 1 && tensor->strides[i] != expected) return false;
    expected *= tensor->shape[i];
  }
  return true;
}

static const TVMFFIAny* next_tensor(struct arguments* arguments) {
  const TVMFFIAny* value = next(arguments);
  const TVMFFISeqCell* parameters = arguments->parameters;
  if (value == NULL || parameters == NULL || value->type_index != kTVMFFIInt) return value;
  if (value->v_int64 >= 0 && value->v_int64 < parameters->size) {
    return (const TVMFFIAny*)parameters->data + value->v_int64;
  }
  arguments_fail(arguments, "is no parameter's number");
  return NULL;
}

struct tensor read_tensor(struct arguments* arguments) {
  const DLTensor* tensor = as_tensor(next_tensor(arguments));
  if (tensor == NULL) {
    arguments_fail(arguments, "must be a tensor");
    return (struct tensor){0};
  }
  if (tensor->device.device_type != kDLCPU) arguments_fail(arguments, "must lie on the CPU");
  if (!is_contiguous(tensor)) arguments_fail(arguments, "must be contiguous");
  if (tensor->dtype.lanes != 1) arguments_fail(arguments, "must have plain elements");
  return (struct tensor){(char*)tensor->data + tensor->byte_offset, tensor->ndim, tensor->shape,
                         tensor->dtype};
}

static struct tensor read_kind(struct arguments* arguments, int code, int bits, int other_bits,
                               const char* problem) {
  struct tensor tensor = read_tensor(arguments);
  if (arguments->failed) return (struct tensor){0};
  if (tensor.dtype.code != code || (tensor.dtype.bits != bits && tensor.dtype.bits != other_bits)) {
    arguments_fail(arguments, problem);
  }
  return tensor;
}

struct tensor read_int32s(struct arguments* arguments) {
  return read_kind(arguments, kDLInt, 32, 32, "must be int32");
}

struct tensor read_float32s(struct arguments* arguments) {
  return read_kind(arguments, kDLFloat, 32, 32, "must be float32");
}

struct tensor read_numbers(struct arguments* arguments) {
  return read_kind(arguments, kDLFloat, 16, 32, "must be float16 or float32");
}

int64_t read_int(struct arguments* arguments) {
  const TVMFFIAny* value = next(arguments);
  if (value != NULL && (value->type_index == kTVMFFIInt || value->type_index == kTVMFFIBool)) {
    return value->v_int64;
  }
  arguments_fail(arguments, "must be an integer");
  return 0;
}

double read_float(struct arguments* arguments) {
  const TVMFFIAny* value = next(arguments);
  if (value != NULL && value->type_index == kTVMFFIFloat) return value->v_float64;
  if (value != NULL && value->type_index == kTVMFFIInt) return (double)value->v_int64;
  arguments_fail(arguments, "must be a number");
  return 0;
}

static struct tensor read_plane(struct arguments* arguments, int code, int bits, size_t rows,
                                size_t columns) {
  struct tensor plane = read_tensor(arguments);
  if (arguments->failed) return plane;
  if (plane.dtype.code != code || plane.dtype.bits != bits || plane.dims != 2 ||
      (size_t)plane.shape[0] != rows || (size_t)plane.shape[1] != columns) {
    arguments_fail(arguments, "has another type or shape than the matrix's format asks for");
  }
  return plane;
}

struct matrix read_matrix(struct arguments* arguments) {
  const int64_t format = read_int(arguments);
  if (format < 0 || format >= FORMAT_COUNT) {
    arguments_fail(arguments, "is no format of a matrix");
    return (struct matrix){0};
  }
  const struct layout layout = layout_of((enum format)format);
  struct tensor codes = read_tensor(arguments);
  if (arguments->failed || codes.dims != 2) {
    arguments_fail(arguments, "must have two dimensions");
    return (struct matrix){0};
  }
  struct matrix matrix = {
      .format = (enum format)format,
      .rows = (size_t)codes.shape[0],
      .columns = (size_t)codes.shape[1] * codes.dtype.bits / (size_t)layout.bits,
      .codes = codes.data,
  };
  const bool plain = layout.bits > 8;
  const int code = plain ? kDLFloat : layout.is_signed ? kDLInt : kDLUInt;
  const int bits = plain ? layout.bits : layout.is_signed ? 8 : 32;
  if (codes.dtype.code != code || codes.dtype.bits != bits) {
    arguments_fail(arguments, "has another type than the matrix's format asks for");
  }
  if (matrix.columns == 0 || matrix.columns % GROUP != 0 || matrix.rows == 0) {
    arguments_fail(arguments, "must have rows, and columns in groups of 32");
  }
  if (plain || arguments->failed) return matrix;
  const int scale_bits = layout.wide_scale ? 32 : 16;
  matrix.scale = read_plane(arguments, kDLFloat, scale_bits, matrix.rows, groups_of(&matrix)).data;
  if (layout.has_min) {
    matrix.min = read_plane(arguments, kDLFloat, 16, matrix.rows, groups_of(&matrix)).data;
  }
  return matrix;
}

struct floats read_norm(struct arguments* arguments, size_t columns, float* epsilon) {
  struct tensor weight = read_numbers(arguments);
  if (!arguments->failed && size_of(weight) != columns) {
    arguments_fail(arguments, "has another size than the rows that it scales");
  }
  *epsilon = (float)read_float(arguments);
  return floats_of(weight);
}

size_t size_of(struct tensor tensor) {
  size_t size = 1;
  for (int i = 0; i < tensor.dims; i++) size *= (size_t)tensor.shape[i];
  return size;
}

size_t columns_of(struct tensor tensor) {
  return tensor.dims == 0 ? 0 : (size_t)tensor.shape[tensor.dims - 1];
}

size_t rows_of(struct tensor tensor) {
  size_t columns = columns_of(tensor);
  return columns == 0 ? 0 : size_of(tensor) / columns;
}
