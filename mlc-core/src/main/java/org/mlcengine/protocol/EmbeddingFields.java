package org.mlcengine.protocol;

import static org.mlcengine.protocol.RequestField.honoured;
import static org.mlcengine.protocol.RequestField.replaced;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.protocol.EmbeddingCreateParams.Input;
import org.mlcengine.protocol.EmbeddingCreateParams.Text;
import org.mlcengine.protocol.EmbeddingCreateParams.Tokens;

/** Fields of a request for vectors. */
final class EmbeddingFields {
  private static final String INPUT = "a string, a list of token ids, or a list of these";

  static final Map<String, RequestField<EmbeddingCreateParams.Builder>> TABLE =
      RequestField.table(
          List.of(
              honoured(
                  "input",
                  "string, list of token ids, or list of at most 2048 of these",
                  "required",
                  "[]",
                  (f, b) -> readInput(f.required("input"), b)),
              honoured(
                  "encoding_format",
                  "\"float\", or \"base64\": 32-bit floats, little-endian",
                  "\"float\"",
                  "\"int8\"",
                  (f, b) ->
                      f.text("encoding_format")
                          .map(EmbeddingFields::encoding)
                          .ifPresent(b::encodingFormat)),
              honoured(
                  "dimensions",
                  "integer, the length of the model's vectors; the engine refuses others",
                  "the model's",
                  (f, b) -> f.integer("dimensions").ifPresent(b::dimensions)),
              honoured(
                  "model",
                  "string; the reply repeats it",
                  "the name of the loaded model",
                  (f, b) -> f.text("model").ifPresent(b::model)),
              honoured(
                  "user",
                  "string; the caller's own name for the request",
                  "none",
                  (f, b) -> f.text("user").ifPresent(b::user)),
              replaced("prompt", "\"a\"", "input"),
              replaced("messages", "[]", "input")));

  private EmbeddingFields() {}

  static EmbeddingCreateParams read(JsonNode json) {
    EmbeddingCreateParams.Builder builder = EmbeddingCreateParams.builder();
    new Fields(json, "").read(TABLE, builder);
    return builder.build();
  }

  private static EmbeddingEncoding encoding(String name) {
    return Arrays.stream(EmbeddingEncoding.values())
        .filter(encoding -> encoding.value().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidRequestException(
                    "encoding_format",
                    "expected one of %s, found \"%s\""
                        .formatted(
                            Arrays.stream(EmbeddingEncoding.values())
                                .map(EmbeddingEncoding::value)
                                .collect(Collectors.joining(", ")),
                            name)));
  }

  private static void readInput(JsonNode json, EmbeddingCreateParams.Builder builder) {
    if (json.isTextual() || isTokens(json)) {
      builder.addInput(input("input", json));
      return;
    }
    Fields.items("input", json, INPUT, EmbeddingFields::input).forEach(builder::addInput);
  }

  private static Input input(String path, JsonNode json) {
    if (json.isTextual()) {
      return new Text(json.textValue());
    }
    return new Tokens(Fields.items(path, json, INPUT, Fields::integer));
  }

  private static boolean isTokens(JsonNode json) {
    return json.isArray() && !json.isEmpty() && json.get(0).isNumber();
  }
}
