package org.mlcengine.tokenizer.sentencepiece;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The content of a {@code tokenizer.model}: SentencePiece's {@code ModelProto}, as far as it says
 * how to encode and decode.
 */
final class ModelFile {
  /** A piece as the file has it. */
  record Piece(byte[] text, float score, PieceType type) {}

  /** How text is normalized. */
  static final class NormalizerSpec {
    private byte[] charsMap = new byte[0];
    private boolean addDummyPrefix = true;
    private boolean removeExtraWhitespaces = true;
    private boolean escapeWhitespaces = true;

    byte[] charsMap() {
      return charsMap;
    }

    boolean addDummyPrefix() {
      return addDummyPrefix;
    }

    boolean removeExtraWhitespaces() {
      return removeExtraWhitespaces;
    }

    boolean escapeWhitespaces() {
      return escapeWhitespaces;
    }

    private void read(ProtoReader proto) throws IOException {
      while (proto.next()) {
        if (proto.numberOfBytes() == 2) {
          charsMap = proto.bytes();
          continue;
        }
        switch (proto.numberOfVarint()) {
          case 3 -> addDummyPrefix = proto.varint() != 0;
          case 4 -> removeExtraWhitespaces = proto.varint() != 0;
          case 5 -> escapeWhitespaces = proto.varint() != 0;
          default -> proto.pass();
        }
      }
    }
  }

  private static final int UNIGRAM = 1;

  private final List<Piece> pieces = new ArrayList<>();
  private final NormalizerSpec normalizer = new NormalizerSpec();
  private final NormalizerSpec denormalizer = new NormalizerSpec();
  private long modelType = UNIGRAM;
  private boolean whitespaceAsSuffix;
  private boolean byteFallback;
  private byte[] unknownSurface = " \u2047 ".getBytes(StandardCharsets.UTF_8);

  private ModelFile() {}

  static ModelFile read(byte[] bytes) throws IOException {
    ModelFile file = new ModelFile();
    ProtoReader proto = new ProtoReader(bytes);
    while (proto.next()) {
      switch (proto.numberOfBytes()) {
        case 1 -> file.pieces.add(piece(proto.message()));
        case 2 -> file.readTrainerSpec(proto.message());
        case 3 -> file.normalizer.read(proto.message());
        case 5 -> file.denormalizer.read(proto.message());
        default -> proto.pass();
      }
    }
    return file;
  }

  List<Piece> pieces() {
    return pieces;
  }

  NormalizerSpec normalizer() {
    return normalizer;
  }

  NormalizerSpec denormalizer() {
    return denormalizer;
  }

  /** Returns the number of the model's type in SentencePiece's {@code ModelType}. */
  long modelType() {
    return modelType;
  }

  boolean whitespaceAsSuffix() {
    return whitespaceAsSuffix;
  }

  boolean byteFallback() {
    return byteFallback;
  }

  /** Returns what the unknown piece is decoded to. */
  byte[] unknownSurface() {
    return unknownSurface;
  }

  private static Piece piece(ProtoReader proto) throws IOException {
    byte[] text = new byte[0];
    float score = 0;
    PieceType type = PieceType.NORMAL;
    while (proto.next()) {
      if (proto.numberOfBytes() == 1) {
        text = proto.bytes();
      } else if (proto.numberOfFloat() == 2) {
        score = proto.fixedFloat();
      } else if (proto.numberOfVarint() == 3) {
        type = type(proto.varint());
      } else {
        proto.pass();
      }
    }
    return new Piece(text, score, type);
  }

  private static PieceType type(long number) throws IOException {
    PieceType[] types = PieceType.values();
    if (number < 1 || number > types.length) {
      throw new IOException("expected a type of piece from 1 to 6, found " + number);
    }
    return types[(int) number - 1];
  }

  private void readTrainerSpec(ProtoReader proto) throws IOException {
    while (proto.next()) {
      if (proto.numberOfBytes() == 44) {
        unknownSurface = proto.bytes();
        continue;
      }
      switch (proto.numberOfVarint()) {
        case 3 -> modelType = proto.varint();
        case 24 -> whitespaceAsSuffix = proto.varint() != 0;
        case 35 -> byteFallback = proto.varint() != 0;
        default -> proto.pass();
      }
    }
  }
}
