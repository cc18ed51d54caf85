package org.mlcengine.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;

/** A small valid model folder and the metadata of its library, for tests to spoil. */
final class ModelFolder {
  static final ObjectMapper JSON = new ObjectMapper();
  static final HostCpu V3 = new HostCpu("x86-64-v3", Set.of("avx2", "fma", "sse4_2"));

  final Path path;
  final ObjectNode config;
  final ObjectNode index;
  final ObjectNode metadata;

  ModelFolder(Path path) {
    this.path = path;
    try {
      config = (ObjectNode) JSON.readTree(CONFIG);
      index = (ObjectNode) JSON.readTree("{\"metadata\": {\"ParamSize\": 3}, \"records\": []}");
      metadata = (ObjectNode) JSON.readTree(METADATA);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ObjectNode first = addShard("params_shard_0.bin", 64 * 8 * 4);
    addTensor(first, "model.embed_tokens.q_weight", "uint32", "f32-to-bf16", 64 * 8 * 4, 0, 64, 8);
    ObjectNode second = addShard("params_shard_1.bin", 64 * 2 * 2 + 64 * 4);
    addTensor(second, "model.embed_tokens.q_scale", "float32", "f32-to-bf16", 256, 0, 64, 2);
    addTensor(second, "model.norm.weight", "float32", "raw", 256, 256, 64);
    save();
  }

  ObjectNode addShard(String name, int bytes) {
    byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    write(name, content);
    ObjectNode shard = index.withArray("records").addObject();
    shard.put("dataPath", name).put("format", "raw-shard").put("nbytes", bytes);
    shard.put("md5sum", md5(content)).putArray("records");
    return shard;
  }

  static void addTensor(
      ObjectNode shard,
      String name,
      String dtype,
      String format,
      long bytes,
      long offset,
      long... shape) {
    ObjectNode record = shard.withArray("records").addObject();
    record.put("name", name).put("dtype", dtype).put("format", format);
    record.put("nbytes", bytes).put("byteOffset", offset);
    ArrayNode dimensions = record.putArray("shape");
    for (long dimension : shape) {
      dimensions.add(dimension);
    }
  }

  ObjectNode shard(int i) {
    return (ObjectNode) index.get("records").get(i);
  }

  ObjectNode record(int shard, int i) {
    return (ObjectNode) shard(shard).get("records").get(i);
  }

  ModelFolder save() {
    write("mlc-chat-config.json", config.toPrettyString().getBytes());
    write("tensor-cache.json", index.toPrettyString().getBytes());
    return this;
  }

  void write(String name, byte[] content) {
    try {
      Files.write(path.resolve(name), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ModelConfig readConfig() {
    return ModelConfig.read(save().path);
  }

  WeightIndex readIndex() {
    return WeightIndex.read(save().path);
  }

  LibraryMetadata readMetadata() {
    return LibraryMetadata.parse(path.resolve("lib.so"), metadata.toString(), readConfig());
  }

  private static String md5(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final String CONFIG =
      """
      {
        "version": "0.1.0",
        "model_type": "llama",
        "quantization": "q4f32_1",
        "model_config": {
          "hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4,
          "num_hidden_layers": 2, "rms_norm_eps": 1e-05, "vocab_size": 64,
          "context_window_size": 2048, "prefill_chunk_size": 512, "tensor_parallel_shards": 1
        },
        "vocab_size": 64,
        "context_window_size": 2048,
        "sliding_window_size": -1,
        "prefill_chunk_size": 512,
        "attention_sink_size": -1,
        "tensor_parallel_shards": 1,
        "pipeline_parallel_stages": 1,
        "active_vocab_size": 60,
        "temperature": 0.6,
        "presence_penalty": 0.0,
        "frequency_penalty": null,
        "repetition_penalty": 1.1,
        "top_p": 0.9,
        "tokenizer_files": ["tokenizer.json", "tokenizer_config.json"],
        "tokenizer_info": {"token_postproc_method": "byte_level"},
        "conv_template": {"name": "chatml", "roles": {"user": "u", "assistant": "a"}},
        "pad_token_id": 2,
        "bos_token_id": 1,
        "eos_token_id": [2, 5],
        "model_task": "chat",
        "embedding_metadata": null
      }
      """;

  private static final String METADATA =
      """
      {
        "model_type": "llama", "quantization": "q4f32_1", "context_window_size": 2048,
        "sliding_window_size": -1, "attention_sink_size": -1, "prefill_chunk_size": 512,
        "tensor_parallel_shards": 1, "pipeline_parallel_stages": 1, "disaggregation": false,
        "kv_state_kind": "kv_cache", "max_batch_size": 8, "active_vocab_size": 60,
        "model_task": "chat", "embedding_metadata": null,
        "params": [
          {"name": "model.embed_tokens.q_weight", "shape": ["vocab_size", 8], "dtype": "uint32",
           "preprocs": [], "pipeline_stages": [0]},
          {"name": "model.embed_tokens.q_scale", "shape": ["vocab_size", 2], "dtype": "float32",
           "preprocs": []},
          {"name": "model.norm.weight", "shape": [64], "dtype": "float32", "preprocs": []}
        ],
        "kv_cache": {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
                     "head_dim": 16},
        "memory_usage": {"batch_prefill": 1048576, "decode": 4096, "_metadata": 0},
        "target": {"kind": "llvm", "mtriple": "x86_64-unknown-linux-gnu", "mcpu": "x86-64-v3",
                   "level": "x86-64-v3", "features": ["+avx2", "sse4.2"], "tag": 1},
        "kernels": {"name": "native", "version": 1},
        "compiler": "test",
        "some_future_field": [1]
      }
      """;
}
