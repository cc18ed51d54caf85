package org.mlcengine.protocol;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedArrayType;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;

/** Derives the types of a record class and of all that it refers to. */
final class RecordTypes {
  private static final String PARAMETER = "response_format";
  private static final String JACKSON = "com.fasterxml.jackson.";
  private static final Set<Class<? extends Annotation>> KNOWN =
      Set.of(JsonProperty.class, JsonPropertyDescription.class);

  private final Map<Class<?>, RecordType> records = new LinkedHashMap<>();
  private final Set<String> names = new HashSet<>();
  private boolean rootIsReferred;

  /** Derives the type of the class whose schema is wanted. */
  RecordType root(Class<?> type) {
    RecordType root = record(type.getSimpleName(), type);
    Set<RecordType> ending = new HashSet<>();
    boolean grown = true;
    while (grown) {
      grown = false;
      for (RecordType candidate : records.values()) {
        grown |= candidate.componentsCanEnd(ending) && ending.add(candidate);
      }
    }
    for (RecordType candidate : records.values()) {
      if (!ending.contains(candidate)) {
        throw refused(
            candidate.type().getSimpleName(),
            "expected a record that need not contain itself, found one that always does; make a"
                + " component nullable or a list");
      }
    }
    return root;
  }

  /** Returns the schema of the first record, with the others as definitions. */
  ObjectNode schema() {
    RecordType root = records.values().iterator().next();
    ObjectNode schema = rootIsReferred ? root.schema() : root.definition();
    if (rootIsReferred || records.size() > 1) {
      ObjectNode definitions = schema.putObject("$defs");
      for (RecordType type : records.values()) {
        if (type != root || rootIsReferred) {
          definitions.set(type.name(), type.definition());
        }
      }
    }
    return schema;
  }

  private RecordType record(String path, Class<?> type) {
    RecordType known = records.get(type);
    if (known != null) {
      rootIsReferred |= known == records.values().iterator().next();
      return known;
    }
    if (!type.isRecord()) {
      throw refused(path, "expected a record class, found " + type.getTypeName());
    }
    if (type.getTypeParameters().length > 0) {
      throw refused(
          path, "expected a record class without type parameters, found " + type.getTypeName());
    }
    RecordType record = new RecordType(type, uniqueName(type), constructor(path, type));
    records.put(type, record);
    for (RecordComponent component : type.getRecordComponents()) {
      add(path + "." + component.getName(), record, component);
    }
    return record;
  }

  private void add(String path, RecordType record, RecordComponent component) {
    Field field;
    try {
      field = record.type().getDeclaredField(component.getName());
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException(e);
    }
    for (Annotation annotation : field.getAnnotations()) {
      Class<? extends Annotation> kind = annotation.annotationType();
      if (kind.getName().startsWith(JACKSON) && !KNOWN.contains(kind)) {
        throw refused(
            path,
            "expected only @JsonProperty and @JsonPropertyDescription of Jackson's annotations,"
                + " found @"
                + kind.getSimpleName());
      }
    }
    ValueType type = type(path, component.getAnnotatedType(), isNullable(field));
    JsonPropertyDescription description = field.getAnnotation(JsonPropertyDescription.class);
    String name = jsonName(field);
    if (!record.add(
        name, new RecordType.Component(type, description == null ? "" : description.value()))) {
      throw refused(path, "expected each JSON name once, found \"" + name + "\" again");
    }
  }

  private ValueType type(String path, AnnotatedType annotated, boolean nullable) {
    ValueType type = notNull(path, annotated);
    boolean mayBeNull = nullable || isNullable(annotated);
    return mayBeNull ? new ValueType.Maybe(type, value -> value, null) : type;
  }

  private ValueType notNull(String path, AnnotatedType annotated) {
    Type type = annotated.getType();
    if (annotated instanceof AnnotatedArrayType array) {
      AnnotatedType component = array.getAnnotatedGenericComponentType();
      Class<?> raw = raw(path, component.getType());
      return new ValueType.Items(
          type(path + "[]", component, false), values -> ValueType.Items.array(raw, values));
    }
    if (annotated instanceof AnnotatedParameterizedType parameterized) {
      return container(path, parameterized);
    }
    if (!(type instanceof Class<?> raw)) {
      throw unsupported(path, type);
    }
    if (raw.isEnum()) {
      return constants(path, raw);
    }
    if (raw.isRecord()) {
      return record(path, raw);
    }
    return ScalarTypes.of(raw).orElseThrow(() -> unsupported(path, type));
  }

  private ValueType container(String path, AnnotatedParameterizedType annotated) {
    AnnotatedType[] arguments = annotated.getAnnotatedActualTypeArguments();
    Class<?> raw = raw(path, annotated.getType());
    if (raw == List.class || raw == Collection.class) {
      return new ValueType.Items(type(path + "[]", arguments[0], false), values -> values);
    }
    if (raw == Set.class) {
      return new ValueType.Items(type(path + "[]", arguments[0], false), ValueType.Items::set);
    }
    if (raw == Optional.class) {
      return new ValueType.Maybe(notNull(path, arguments[0]), Optional::of, Optional.empty());
    }
    if (raw == Map.class && arguments[0].getType() == String.class) {
      return new ValueType.Entries(type(path + "{}", arguments[1], false));
    }
    throw unsupported(path, annotated.getType());
  }

  private static ValueType constants(String path, Class<?> type) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Field field : type.getFields()) {
      if (field.isEnumConstant()) {
        String name = jsonName(field);
        if (values.put(name, constant(type, field.getName())) != null) {
          throw refused(path, "expected each JSON name once, found \"" + name + "\" again");
        }
      }
    }
    if (values.isEmpty()) {
      throw refused(path, "expected an enum with constants, found " + type.getTypeName());
    }
    return new ValueType.Constants(values);
  }

  private static Object constant(Class<?> type, String name) {
    return Arrays.stream(type.getEnumConstants())
        .filter(value -> ((Enum<?>) value).name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static String jsonName(Field field) {
    JsonProperty property = field.getAnnotation(JsonProperty.class);
    return property == null || property.value().isEmpty() ? field.getName() : property.value();
  }

  private static boolean isNullable(AnnotatedElement element) {
    return Arrays.stream(element.getAnnotations())
        .anyMatch(a -> a.annotationType().getSimpleName().equals("Nullable"));
  }

  private static Class<?> raw(String path, Type type) {
    return switch (type) {
      case Class<?> raw -> raw;
      case ParameterizedType parameterized -> raw(path, parameterized.getRawType());
      case GenericArrayType array -> raw(path, array.getGenericComponentType()).arrayType();
      default -> throw unsupported(path, type);
    };
  }

  private static Constructor<?> constructor(String path, Class<?> type) {
    Class<?>[] parameters =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    Constructor<?> constructor;
    try {
      constructor = type.getDeclaredConstructor(parameters);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e);
    }
    if (!constructor.trySetAccessible()) {
      throw refused(
          path,
          "expected a record that this library may create, found one in a package that is not open"
              + " to it; add 'opens %s to %s' to the module %s"
                  .formatted(
                      type.getPackageName(),
                      RecordTypes.class.getModule().getName(),
                      type.getModule().getName()));
    }
    return constructor;
  }

  private String uniqueName(Class<?> type) {
    String name = type.getSimpleName();
    for (int i = 2; !names.add(name); i++) {
      name = type.getSimpleName() + i;
    }
    return name;
  }

  private static InvalidRequestException unsupported(String path, @Nullable Type found) {
    return refused(
        path,
        "expected a string, a number, a boolean, an enum, LocalDate, Instant, OffsetDateTime, UUID,"
            + " a record, or a List, Set, array, Optional or Map<String, ...> of these, found "
            + (found == null ? "nothing" : found.getTypeName()));
  }

  private static InvalidRequestException refused(String path, String message) {
    return new InvalidRequestException(PARAMETER, path + ": " + message);
  }
}
