/** tvm-ffi's C ABI as a small typed layer. Knows nothing of language models. */
module org.mlcengine.bindings {
  requires static org.jspecify;

  exports org.mlcengine.bindings;
}
