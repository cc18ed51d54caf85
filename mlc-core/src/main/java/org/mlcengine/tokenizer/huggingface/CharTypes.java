package org.mlcengine.tokenizer.huggingface;

import java.util.Arrays;
import org.mlcengine.tokenizer.CodePoints;

/**
 * The general categories of Unicode as the Hugging Face library has them. Some of its tables are
 * those of Unicode 8 or 9, and what was added since is nothing special to it.
 */
final class CharTypes {
  private static final int PUNCTUATION =
      1 << Character.CONNECTOR_PUNCTUATION
          | 1 << Character.DASH_PUNCTUATION
          | 1 << Character.START_PUNCTUATION
          | 1 << Character.END_PUNCTUATION
          | 1 << Character.INITIAL_QUOTE_PUNCTUATION
          | 1 << Character.FINAL_QUOTE_PUNCTUATION
          | 1 << Character.OTHER_PUNCTUATION;
  private static final int MARK =
      1 << Character.NON_SPACING_MARK
          | 1 << Character.ENCLOSING_MARK
          | 1 << Character.COMBINING_SPACING_MARK;
  private static final int CONTROL =
      1 << Character.CONTROL | 1 << Character.FORMAT | 1 << Character.PRIVATE_USE;

  /** Nothing below is a mark, or takes part in normalization in an unusual way. */
  private static final int FIRST_MARK = 0x300;

  private static final int[] NOT_NORMALIZED =
      ranges(
          "7fd 897-89f 8ca-8d3 9fe c3c d3b-d3c eba 1715 1abf-1ace 1df6-1dfa 32ff "
              + "a7f2-a7f4 a82c ab69 105c9 105e4 10781-10785 10787-107b0 107b2-107ba "
              + "10d24-10d27 10d69-10d6d 10eab-10eac 10efd-10eff 10f46-10f50 10f82-10f85 11070 "
              + "1133b 11382-11385 1138b 1138e 11390-11391 113b8 113bb 113c2 113c5 113c7-113c9 "
              + "113ce-113d0 1145e 11839-1183a 11930 11935 11938 1193d-1193e 11943 119e0 11a34 "
              + "11a47 11a99 11d42 11d44-11d45 11d97 11f41-11f42 1611e-16129 1612f 16d63 "
              + "16d67-16d6a 16ff0-16ff1 1ccd6-1ccf9 1e030-1e06d 1e08f 1e130-1e136 1e2ae "
              + "1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef 1f16c 1fbf0-1fbf9");
  private static final int[] NOT_PUNCTUATION =
      ranges(
          "61d 9fd a76 c77 c84 1b4e-1b4f 1b7d-1b7f 2e43-2e4f 2e52-2e5d 10d6e 10ead "
              + "10f55-10f59 10f86-10f89 113d4-113d5 113d7-113d8 1144b-1144f 1145a-1145b 1145d "
              + "11660-1166c 116b9 1183b 11944-11946 119e2 11a3f-11a46 11a9a-11a9c 11a9e-11aa2 "
              + "11b00-11b09 11be1 11c41-11c45 11c70-11c71 11ef7-11ef8 11f43-11f4f 11fff "
              + "12ff1-12ff2 16d6d-16d6f 16e97-16e9a 16fe2 1e5ff 1e95e-1e95f");
  private static final int[] NO_MARK =
      ranges(
          "7fd 897-89f 8ca-8d3 9fe afa-aff b55 c04 c3c cf3 d00 d3b-d3c d81 eba ece 1715 "
              + "180f 1abf-1ace 1cf7 1df6-1dfa a82c a8ff 10d24-10d27 10d69-10d6d 10eab-10eac "
              + "10efc-10eff 10f46-10f50 10f82-10f85 11070 11073-11074 110c2 11145-11146 111c9 "
              + "111ce-111cf 11241 1133b 113b8-113c0 113c2 113c5 113c7-113ca 113cc-113d0 113d2 "
              + "113e1-113e2 1145e 1182c-1183a 11930-11935 11937-11938 1193b-1193e 11940 "
              + "11942-11943 119d1-119d7 119da-119e0 119e4 11a01-11a0a 11a33-11a39 11a3b-11a3e "
              + "11a47 11a51-11a5b 11a8a-11a99 11d31-11d36 11d3a 11d3c-11d3d 11d3f-11d45 11d47 "
              + "11d8a-11d8e 11d90-11d91 11d93-11d97 11ef3-11ef6 11f00-11f01 11f03 11f34-11f3a "
              + "11f3e-11f42 11f5a 13440 13447-13455 1611e-1612f 16f4f 16f7f-16f87 16fe4 "
              + "16ff0-16ff1 1cf00-1cf2d 1cf30-1cf46 1e08f 1e130-1e136 1e2ae 1e2ec-1e2ef "
              + "1e4ec-1e4ef 1e5ee-1e5ef");
  private static final int[] NOT_NONSPACING =
      ranges(
          "7fd 897-89f 8ca-8e1 9fe afa-aff b55 c04 c3c d00 d3b-d3c d81 eba ece 180f "
              + "1885-1886 1abf-1ace 1df6-1dfb a82c a8c5 a8ff a9bd 10d24-10d27 10d69-10d6d "
              + "10eab-10eac 10efc-10eff 10f46-10f50 10f82-10f85 11070 11073-11074 110c2 111c9 "
              + "111cf 1123e 11241 1133b 113bb-113c0 113ce 113d0 113d2 113e1-113e2 11438-1143f "
              + "11442-11444 11446 1145e 1182f-11837 11839-1183a 1193b-1193c 1193e 11943 "
              + "119d4-119d7 119da-119db 119e0 11a01-11a0a 11a33-11a38 11a3b-11a3e 11a47 "
              + "11a51-11a56 11a59-11a5b 11a8a-11a96 11a98-11a99 11c30-11c36 11c38-11c3d 11c3f "
              + "11c92-11ca7 11caa-11cb0 11cb2-11cb3 11cb5-11cb6 11d31-11d36 11d3a 11d3c-11d3d "
              + "11d3f-11d45 11d47 11d90-11d91 11d95 11d97 11ef3-11ef4 11f00-11f01 11f36-11f3a "
              + "11f40 11f42 11f5a 13440 13447-13455 1611e-16129 1612d-1612f 16f4f 16fe4 "
              + "1cf00-1cf2d 1cf30-1cf46 1e000-1e006 1e008-1e018 1e01b-1e021 1e023-1e024 "
              + "1e026-1e02a 1e08f 1e130-1e136 1e2ae 1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef "
              + "1e944-1e94a");
  private static final int[] ALSO_NONSPACING = ranges("1734 1171e");
  private static final int[] NO_CONTROL = ranges("890-891 8e2 110cd 13430-1343f");

  private CharTypes() {}

  /** A code point in lower case by Unicode 17, which Java's own tables may not know yet. */
  static int toLowerCase(int c) {
    return switch (c) {
      case 0x1C89, 0xA7CC, 0xA7CE, 0xA7D2, 0xA7D4, 0xA7DA -> c + 1;
      case 0xA7CB -> 0x264;
      case 0xA7DC -> 0x19B;
      default -> {
        if (c >= 0x10D50 && c <= 0x10D65) {
          yield c + 0x20;
        }
        yield c >= 0x16EA0 && c <= 0x16EB8 ? c + 0x1B : Character.toLowerCase(c);
      }
    };
  }

  /** Whether a code point is a number by Unicode 17, which Java's own tables may not know yet. */
  static boolean isNumber(int c) {
    return CodePoints.isNumber(c) || c >= 0x11DE0 && c <= 0x11DE9 || c >= 0x16FF4 && c <= 0x16FF6;
  }

  /** Whether normalization leaves a code point alone that it changes in later versions. */
  static boolean isNotNormalized(int c) {
    return c > FIRST_MARK && contains(NOT_NORMALIZED, c);
  }

  /** Category P, or any sign of ASCII. */
  static boolean isPunctuation(int c) {
    if (c < 0x80) {
      return c > ' ' && c < 0x7F && !Character.isLetterOrDigit(c);
    }
    return is(c, PUNCTUATION) ? !contains(NOT_PUNCTUATION, c) : c == 0x166D || c == 0x111C9;
  }

  /** Category M. */
  static boolean isMark(int c) {
    if (c < FIRST_MARK) {
      return false;
    }
    return is(c, MARK) ? !contains(NO_MARK, c) : c == 0x1CF2 || c == 0x1CF3;
  }

  /** Category Mn. */
  static boolean isNonspacingMark(int c) {
    if (c < FIRST_MARK) {
      return false;
    }
    return Character.getType(c) == Character.NON_SPACING_MARK
        ? !contains(NOT_NONSPACING, c)
        : contains(ALSO_NONSPACING, c);
  }

  /** Category Cc, Cf or Co. */
  static boolean isControl(int c) {
    return is(c, CONTROL) && !contains(NO_CONTROL, c);
  }

  private static boolean is(int c, int types) {
    return ((types >> Character.getType(c)) & 1) != 0;
  }

  /** Reads ranges: the first and last code point of each, in rising order. */
  private static int[] ranges(String text) {
    String[] parts = text.split(" ", -1);
    int[] ranges = new int[2 * parts.length];
    for (int i = 0; i < parts.length; i++) {
      int dash = parts[i].indexOf('-');
      ranges[2 * i] = Integer.parseInt(dash < 0 ? parts[i] : parts[i].substring(0, dash), 16);
      ranges[2 * i + 1] = Integer.parseInt(parts[i].substring(dash + 1), 16);
    }
    return ranges;
  }

  private static boolean contains(int[] ranges, int c) {
    int place = Arrays.binarySearch(ranges, c);
    // A place between the first and the last one of a range is odd.
    return place >= 0 || ((-place - 1) & 1) == 1;
  }
}
