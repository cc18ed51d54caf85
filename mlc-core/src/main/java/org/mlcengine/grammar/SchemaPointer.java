package org.mlcengine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** JSON pointers within a schema (RFC 6901, as the fragment of a URI). */
final class SchemaPointer {
  private SchemaPointer() {}

  /** What a pointer such as {@code #/$defs/node} names. */
  static JsonNode resolve(JsonNode root, String pointer) {
    JsonNode node = root;
    String[] parts = pointer.substring(1).split("/", -1);
    for (int i = 1; i < parts.length; i++) {
      String part = unescaped(parts[i]);
      node =
          node.isArray() && part.matches("[0-9]{1,9}")
              ? node.path(Integer.parseInt(part))
              : node.path(part);
    }
    if (node.isMissingNode()) {
      throw Refusal.of("the schema's $ref \"%s\" names nothing in the schema", pointer);
    }
    return node;
  }

  private static String unescaped(String part) {
    String decoded = part;
    if (part.contains("%")) {
      try {
        decoded = URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
      } catch (IllegalArgumentException e) {
        throw Refusal.of("the schema's $ref has a malformed escape in \"%s\"", part);
      }
    }
    return decoded.replace("~1", "/").replace("~0", "~");
  }
}
