package org.mlcengine.server;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/** The ids that requests are found by in the log. */
final class RequestIds {
  private static final Pattern ACCEPTED = Pattern.compile("[A-Za-z0-9._:-]{1,128}");
  private static final SecureRandom RANDOM = new SecureRandom();

  private RequestIds() {}

  /** Returns the client's id, if it can stand in a log and a header, or a new one. */
  static String choose(Optional<String> given) {
    return given
        .filter(id -> ACCEPTED.matcher(id).matches())
        .orElseGet(
            () -> {
              byte[] unique = new byte[12];
              RANDOM.nextBytes(unique);
              return "req_" + HexFormat.of().formatHex(unique);
            });
  }
}
