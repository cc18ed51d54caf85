package org.mlcengine.model;

import java.util.Arrays;
import java.util.Locale;

/** What a model keeps between calls. */
public enum KvStateKind {
  /** Keys and values of attention. */
  KV_CACHE,
  /** The state of a recurrent network. */
  RNN_STATE,
  /** Both. */
  HYBRID,
  /** Nothing. */
  NONE;

  /** Returns MLC's name, for instance {@code kv_cache}. */
  public String mlcName() {
    return name().toLowerCase(Locale.ROOT);
  }

  static KvStateKind read(JsonObject object, String field) {
    if (!object.has(field)) {
      return KV_CACHE;
    }
    String text = object.string(field);
    return Arrays.stream(values())
        .filter(kind -> kind.mlcName().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                object.invalid(
                    field,
                    "one of "
                        + String.join(
                            ", ", Arrays.stream(values()).map(KvStateKind::mlcName).toList())));
  }
}
