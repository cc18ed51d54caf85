package org.mlcengine.protocol;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidReplyException;

/** A record class. Its components are added after it is made, since they may refer to it. */
final class RecordType implements ValueType {
  /** A component under its name in JSON. */
  record Component(ValueType type, String description) {}

  private final Class<?> type;
  private final String name;
  private final Constructor<?> constructor;
  private final Map<String, Component> components = new LinkedHashMap<>();

  RecordType(Class<?> type, String name, Constructor<?> constructor) {
    this.type = type;
    this.name = name;
    this.constructor = constructor;
  }

  Class<?> type() {
    return type;
  }

  String name() {
    return name;
  }

  /** Adds the next component; returns whether its name is new. */
  boolean add(String componentName, Component component) {
    return components.putIfAbsent(componentName, component) == null;
  }

  @Override
  public ObjectNode schema() {
    return JsonNodeFactory.instance.objectNode().put("$ref", "#/$defs/" + name);
  }

  /** Returns the schema of the record itself. */
  ObjectNode definition() {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "object");
    JsonClassDescription description = type.getAnnotation(JsonClassDescription.class);
    if (description != null) {
      schema.put("description", description.value());
    }
    ObjectNode properties = schema.putObject("properties");
    ArrayNode required = schema.putArray("required");
    components.forEach(
        (key, component) -> {
          ObjectNode property = component.type().schema();
          if (!component.description().isEmpty()) {
            property.put("description", component.description());
          }
          properties.set(key, property);
          required.add(key);
        });
    return schema.put("additionalProperties", false);
  }

  @Override
  public boolean canEnd(Set<RecordType> known) {
    return known.contains(this);
  }

  boolean componentsCanEnd(Set<RecordType> known) {
    return components.values().stream().allMatch(c -> c.type().canEnd(known));
  }

  @Override
  public Object read(String path, JsonNode json) {
    if (!json.isObject()) {
      throw ValueType.wrong(path, "an object", json);
    }
    String prefix = path.isEmpty() ? "" : path + ".";
    json.fieldNames()
        .forEachRemaining(
            key -> {
              if (!components.containsKey(key)) {
                throw new InvalidReplyException(
                    "%s: expected only %s".formatted(prefix + key, components.keySet()));
              }
            });
    @Nullable Object[] arguments = new @Nullable Object[components.size()];
    int i = 0;
    for (Map.Entry<String, Component> entry : components.entrySet()) {
      JsonNode value = json.get(entry.getKey());
      arguments[i++] =
          entry
              .getValue()
              .type()
              .read(prefix + entry.getKey(), value == null ? MissingNode.getInstance() : value);
    }
    return create(path, arguments);
  }

  private Object create(String path, @Nullable Object[] arguments) {
    try {
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException e) {
      throw new InvalidReplyException(
          "%s: %s refuses the value: %s"
              .formatted(path.isEmpty() ? "The reply" : path, type.getSimpleName(), e.getCause()),
          e.getCause() == null ? e : e.getCause());
    } catch (InstantiationException | IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }
}
