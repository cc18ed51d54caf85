package org.mlcengine.tokenizer.tiktoken;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.mlcengine.tokenizer.Gpt2Words;
import org.mlcengine.tokenizer.Gpt4Words;
import org.mlcengine.tokenizer.WordRule;

/**
 * The published encodings: what a file of ranks does not say, which is how text is split into words
 * and which special tokens there are.
 */
enum TiktokenEncoding {
  R50K_BASE(
      50_256,
      "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
      new Gpt2Words(),
      Specials.from(50_256).add("<|endoftext|>")),
  P50K_BASE(
      50_280,
      "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
      new Gpt2Words(),
      Specials.from(50_256).add("<|endoftext|>")),
  CL100K_BASE(
      100_256,
      "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
      Gpt4Words.CL100K,
      Specials.from(100_257)
          .add("<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>")
          .at(100_276)
          .add("<|endofprompt|>")),
  O200K_BASE(
      199_998,
      "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
      Gpt4Words.O200K,
      Specials.from(199_999).add("<|endoftext|>").at(200_018).add("<|endofprompt|>")),
  QWEN(
      151_643,
      "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186",
      Gpt4Words.QWEN,
      Specials.from(151_643)
          .add("<|endoftext|>", "<|im_start|>", "<|im_end|>")
          .numbered("<|extra_", 0, 204)),
  LLAMA3(
      128_000,
      "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55",
      Gpt4Words.LLAMA3,
      Specials.from(128_000)
          .add("<|begin_of_text|>", "<|end_of_text|>")
          .numbered("<|reserved_special_token_", 0, 1)
          .add("<|finetune_right_pad_id|>", "<|reserved_special_token_2|>")
          .add("<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>")
          .add("<|python_tag|>")
          .numbered("<|reserved_special_token_", 3, 247)),
  LLAMA4(
      200_000,
      "d0bdbaf59b0762c8c807617e2d8ea51420eb1b1de266df2495be755c8e0ed6ed",
      Gpt4Words.O200K,
      Specials.llama4());

  private final int ranks;
  private final String digest;
  private final WordRule words;
  private final Map<String, Integer> specials;

  TiktokenEncoding(int ranks, String digest, WordRule words, Specials specials) {
    this.ranks = ranks;
    this.digest = digest;
    this.words = words;
    this.specials = specials.ids;
  }

  /** Returns the encoding whose published file has this SHA-256 digest in hexadecimal. */
  static Optional<TiktokenEncoding> ofDigest(String digest) {
    return find(encoding -> encoding.digest.equals(digest));
  }

  /** Returns the encoding that a file is named after. */
  static Optional<TiktokenEncoding> ofFileName(String name) {
    return find(encoding -> name.toLowerCase(Locale.ROOT).contains(encoding.label()));
  }

  /** Returns the encoding with this number of ranks. */
  static Optional<TiktokenEncoding> ofSize(int ranks) {
    return find(encoding -> encoding.ranks == ranks);
  }

  /** Returns the encoding of a tokenizer class of Hugging Face's. */
  static Optional<TiktokenEncoding> ofTokenizerClass(String name) {
    return Optional.ofNullable(
        switch (name) {
          case "QWenTokenizer" -> QWEN;
          case "ChatGLM4Tokenizer" -> LLAMA3;
          case "Phi3SmallTokenizer" -> CL100K_BASE;
          default -> null;
        });
  }

  /** Returns the encoding of a type of model. */
  static Optional<TiktokenEncoding> ofModelType(String name) {
    return Optional.ofNullable(
        switch (name) {
          case "qwen" -> QWEN;
          case "llama", "mllama", "chatglm" -> LLAMA3;
          case "llama4" -> LLAMA4;
          case "phi3small" -> CL100K_BASE;
          case "gpt_oss" -> O200K_BASE;
          default -> null;
        });
  }

  /** Returns how the text between special tokens is split into words. */
  WordRule words() {
    return words;
  }

  /** Returns the ids of the special tokens that are published with so many ranks. */
  Map<String, Integer> specials(int count) {
    return count == ranks ? specials : Map.of();
  }

  /** Returns the name that people know the encoding by. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static Optional<TiktokenEncoding> find(Predicate<TiktokenEncoding> predicate) {
    return Arrays.stream(values()).filter(predicate).findFirst();
  }

  /** Special tokens with ids that follow each other. */
  private static final class Specials {
    private final Map<String, Integer> ids = new LinkedHashMap<>();
    private int next;

    static Specials from(int id) {
      return new Specials().at(id);
    }

    static Specials llama4() {
      return from(200_000)
          .add("<|begin_of_text|>", "<|end_of_text|>")
          .add("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>")
          .add("<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>", "<|step|>")
          .numbered("<|text_post_train_reserved_special_token_", 0, 5)
          .add("<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>")
          .numbered("<|text_post_train_reserved_special_token_", 8, 68)
          .add("<|image_start|>", "<|image_end|>")
          .numbered("<|vision_reserved_special_token_", 0, 1)
          .add("<|tile_x_separator|>", "<|tile_y_separator|>")
          .numbered("<|vision_reserved_special_token_", 2, 5)
          .add("<|image|>", "<|vision_reserved_special_token_6|>", "<|patch|>")
          .numbered("<|vision_reserved_special_token_", 7, 1047)
          .numbered("<|reasoning_reserved_special_token_", 0, 7)
          .add("<|reasoning_thinking_start|>", "<|reasoning_thinking_end|>")
          .numbered("<|reserved_special_token_", 0, 903);
    }

    Specials at(int id) {
      next = id;
      return this;
    }

    Specials add(String... names) {
      for (String name : names) {
        ids.put(name, next++);
      }
      return this;
    }

    Specials numbered(String prefix, int first, int last) {
      for (int i = first; i <= last; i++) {
        add(prefix + i + "|>");
      }
      return this;
    }
  }
}
