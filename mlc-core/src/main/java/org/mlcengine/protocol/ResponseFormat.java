package org.mlcengine.protocol;

import java.util.Optional;

/** What form a reply has. JSON texts that are given are checked and written without spaces. */
public sealed interface ResponseFormat {
  /** Any text. */
  record Text() implements ResponseFormat {}

  /**
   * A JSON object.
   *
   * @param schema JSON text of a JSON Schema that it follows, MLC's extension; without it, any
   */
  record JsonObject(Optional<String> schema) implements ResponseFormat {
    /**
     * Checks the schema's JSON.
     *
     * @throws org.mlcengine.errors.InvalidRequestException if it is not JSON text of an object
     */
    public JsonObject {
      schema = schema.map(text -> JsonTexts.object("response_format.schema", text));
    }

    /** Creates the form of any JSON object. */
    public JsonObject() {
      this(Optional.empty());
    }
  }

  /**
   * JSON that follows a schema.
   *
   * @param name 1 to 64 letters, digits, underscores and hyphens
   * @param description what it is for
   * @param schema JSON text of the JSON Schema, an object; without it, any JSON object
   * @param strict whether the request asked for exact adherence
   */
  record JsonSchema(
      String name, Optional<String> description, Optional<String> schema, boolean strict)
      implements ResponseFormat {
    /**
     * Checks the schema's JSON.
     *
     * @throws org.mlcengine.errors.InvalidRequestException if it is not JSON text of an object
     */
    public JsonSchema {
      schema = schema.map(text -> JsonTexts.object("response_format.json_schema.schema", text));
    }

    /** Creates the form of a strict schema. */
    public JsonSchema(String name, String schema) {
      this(name, Optional.empty(), Optional.of(schema), true);
    }
  }

  /**
   * Text that a regular expression matches as a whole; an extension.
   *
   * @param pattern the expression, in ECMAScript's syntax
   */
  record Regex(String pattern) implements ResponseFormat {}

  /**
   * Text of a grammar whose start symbol is {@code root}; an extension.
   *
   * @param grammar the rules, in GBNF
   */
  record Ebnf(String grammar) implements ResponseFormat {}

  /**
   * Text in which certain parts have a form of their own; an extension.
   *
   * @param tag JSON text of xgrammar's structural tag, {@code
   *     {"type":"structural_tag","format":{...}}}
   */
  record StructuralTag(String tag) implements ResponseFormat {
    /**
     * Checks the JSON.
     *
     * @throws org.mlcengine.errors.InvalidRequestException if it is not JSON text of an object
     */
    public StructuralTag {
      tag = JsonTexts.object("response_format", tag);
    }
  }
}
