package org.mlcengine.tools;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.Collections;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.Set;
import org.mlcengine.protocol.FunctionDefinition;

/**
 * What the arguments of a function may be, where a model writes them as text: text, unless the
 * function's schema gives them other types.
 */
final class ArgumentTypes {
  /** Of a function that is not known. */
  static final ArgumentTypes UNKNOWN = new ArgumentTypes(MissingNode.getInstance());

  private static final JsonMapper MAPPER = new JsonMapper();
  private static final int MAX_REFERENCES = 20;
  private static final Set<String> OF_OBJECTS =
      Set.of("properties", "required", "additionalProperties", "minProperties", "maxProperties");
  private static final Set<String> OF_ARRAYS =
      Set.of("items", "prefixItems", "minItems", "maxItems");
  private static final Set<String> OF_STRINGS =
      Set.of("minLength", "maxLength", "pattern", "format");
  private static final Set<String> OF_NUMBERS =
      Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf");

  private enum Type {
    STRING,
    NUMBER,
    BOOLEAN,
    NULL,
    ARRAY,
    OBJECT
  }

  private final JsonNode schema;

  private ArgumentTypes(JsonNode schema) {
    this.schema = schema;
  }

  static ArgumentTypes of(FunctionDefinition function) {
    try {
      return new ArgumentTypes(MAPPER.readTree(ToolDefinitions.parameters(function)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Tells whether an argument is text whatever it says. */
  boolean isText(String argument) {
    return EnumSet.of(Type.STRING).containsAll(types(argument));
  }

  /** Tells whether an argument may be text. */
  boolean mayBeText(String argument) {
    Set<Type> types = types(argument);
    return types.isEmpty() || types.contains(Type.STRING);
  }

  /**
   * Returns JSON of what an argument's text means: a value of one of its types that it is JSON, or
   * a Python literal, of; otherwise the text.
   */
  String json(String argument, String text) {
    Set<Type> types = types(argument);
    String value = text.strip();
    if (isJson(value) && types.contains(type(value))) {
      return value;
    }
    String python = python(value);
    return !python.isEmpty() && types.contains(type(python))
        ? python
        : ToolDefinitions.quoted(text);
  }

  private Set<Type> types(String argument) {
    JsonNode whole = resolved(schema);
    JsonNode declared = whole.path("properties").path(argument);
    Set<Type> types = EnumSet.noneOf(Type.class);
    JsonNode one = declared.isMissingNode() ? whole.path("additionalProperties") : declared;
    add(one, types, Collections.newSetFromMap(new IdentityHashMap<>()));
    return types;
  }

  private JsonNode resolved(JsonNode node) {
    JsonNode at = node;
    for (int i = 0; at.has("$ref") && i < MAX_REFERENCES; i++) {
      at = target(at.path("$ref").asText());
    }
    return at;
  }

  private JsonNode target(String pointer) {
    boolean local = pointer.equals("#") || pointer.startsWith("#/");
    return local ? schema.at(JsonPointer.compile(pointer.substring(1))) : MissingNode.getInstance();
  }

  private void add(JsonNode unresolved, Set<Type> types, Set<JsonNode> seen) {
    JsonNode node = resolved(unresolved);
    if (!node.isObject() || !seen.add(node)) {
      return;
    }
    JsonNode type = node.path("type");
    if (type.isTextual()) {
      add(type.textValue(), types);
    }
    type.forEach(one -> add(one.asText(), types));
    if (!type.isMissingNode()) {
      return;
    }
    if (node.has("const")) {
      types.add(type(node.path("const").toString()));
    }
    node.path("enum").forEach(value -> types.add(type(value.toString())));
    for (String keyword : new String[] {"anyOf", "oneOf", "allOf"}) {
      node.path(keyword).forEach(option -> add(option, types, seen));
    }
    node.fieldNames().forEachRemaining(keyword -> addAbout(keyword, types));
  }

  private static void add(String name, Set<Type> types) {
    switch (name) {
      case "string" -> types.add(Type.STRING);
      case "integer", "number" -> types.add(Type.NUMBER);
      case "boolean" -> types.add(Type.BOOLEAN);
      case "null" -> types.add(Type.NULL);
      case "array" -> types.add(Type.ARRAY);
      case "object" -> types.add(Type.OBJECT);
      default -> {}
    }
  }

  private static void addAbout(String keyword, Set<Type> types) {
    if (OF_OBJECTS.contains(keyword)) {
      types.add(Type.OBJECT);
    } else if (OF_ARRAYS.contains(keyword)) {
      types.add(Type.ARRAY);
    } else if (OF_STRINGS.contains(keyword)) {
      types.add(Type.STRING);
    } else if (OF_NUMBERS.contains(keyword)) {
      types.add(Type.NUMBER);
    }
  }

  /** Returns the type of JSON text. */
  private static Type type(String json) {
    return switch (json.charAt(0)) {
      case '"' -> Type.STRING;
      case '{' -> Type.OBJECT;
      case '[' -> Type.ARRAY;
      case 't', 'f' -> Type.BOOLEAN;
      case 'n' -> Type.NULL;
      default -> Type.NUMBER;
    };
  }

  /** Tells whether a text is a JSON value other than a string, which stands without its marks. */
  private static boolean isJson(String text) {
    JsonScanner scanner = new JsonScanner();
    for (int i = 0; i < text.length(); i++) {
      boolean control = scanner.inString() && text.charAt(i) < ' ';
      if (control || !scanner.push(text.charAt(i))) {
        return false;
      }
    }
    return scanner.mayEnd() && text.charAt(0) != '"';
  }

  /** Returns JSON of a Python literal other than a string; empty text if it is none. */
  private static String python(String text) {
    StringBuilder json = new StringBuilder();
    PythonValue value = new PythonValue(new Collected(json));
    if (text.isEmpty() || !PythonValue.begins(text.charAt(0))) {
      return "";
    }
    for (int i = 0; i < text.length(); i++) {
      if (!value.push(text.charAt(i))) {
        return "";
      }
    }
    return value.endsBefore(')') && json.charAt(0) != '"' ? json.toString() : "";
  }

  /** Gathers the JSON text of a value. */
  private record Collected(StringBuilder json) implements CallSink {
    @Override
    public boolean accepts(String name) {
      throw new IllegalStateException("only arguments come here");
    }

    @Override
    public void begin(String name) {
      throw new IllegalStateException("only arguments come here");
    }

    @Override
    public void argument(char c) {
      json.append(c);
    }

    @Override
    public void end() {
      throw new IllegalStateException("only arguments come here");
    }
  }
}
