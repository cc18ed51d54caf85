package org.mlcengine.server;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may send requests: those with the key, or, without a key, those on this machine that mean it.
 */
final class Access {
  private static final Set<String> OPEN = Set.of("/", "/health", "/ready", "/openapi.json");
  private static final Set<String> LOCAL_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final String SCHEME = "bearer ";

  private final byte @Nullable [] keyHash;
  private final String host;

  /**
   * Creates the checks.
   *
   * @param key the key; null to ask for none
   * @param host the address that the server listens on
   */
  Access(@Nullable String key, String host) {
    keyHash = key == null ? null : hash(key);
    this.host = host.toLowerCase(Locale.ROOT);
  }

  /**
   * Lets a request pass.
   *
   * @throws ApiException if it must not
   */
  void check(Call call) {
    if (keyHash == null) {
      checkHost(call.header("host").orElse(""));
    } else if (!isOpen(call.path())) {
      checkKey(call.header("authorization"), keyHash);
    }
  }

  private static boolean isOpen(String path) {
    return OPEN.contains(path) || path.startsWith("/page/");
  }

  /** A web page of somebody else's can make its own name point to this machine, but not hide it. */
  private void checkHost(String header) {
    String name = header.replaceFirst(":\\d+$", "").toLowerCase(Locale.ROOT);
    if (!LOCAL_NAMES.contains(name) && !name.equals(host)) {
      throw new ApiException(
          ApiError.transport(
              403,
              "host_not_allowed",
              ("Expected a request to localhost, found one to %s. Use http://127.0.0.1, or give the"
                      + " server an API key.")
                  .formatted(Text.shown(name))));
    }
  }

  private static void checkKey(Optional<String> header, byte[] keyHash) {
    String given = header.orElse("");
    String key =
        given.toLowerCase(Locale.ROOT).startsWith(SCHEME)
            ? given.substring(SCHEME.length()).strip()
            : "";
    if (!MessageDigest.isEqual(hash(key), keyHash)) {
      String message =
          given.isEmpty()
              ? "Expected the header Authorization: Bearer KEY, found none."
              : "The API key is not the server's. Check the header Authorization: Bearer KEY.";
      throw new ApiException(
          ApiError.transport(401, "invalid_api_key", message).with("WWW-Authenticate", "Bearer"));
    }
  }

  private static byte[] hash(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
