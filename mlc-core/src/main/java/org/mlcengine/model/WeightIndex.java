package org.mlcengine.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mlcengine.errors.ModelLoadException;

/**
 * The weights of a model folder: {@code tensor-cache.json}, or {@code ndarray-cache.json} as it was
 * called before September 2025, checked against the files that it lists.
 *
 * @param file the index
 * @param shards the files of weights
 * @param tensors the tensors by name, in the index's order, which is not the order of parameters
 */
public record WeightIndex(Path file, List<WeightShard> shards, Map<String, WeightTensor> tensors) {
  private static final List<String> FILE_NAMES = List.of("tensor-cache.json", "ndarray-cache.json");
  private static final long MAX_BYTES = 256 << 20;
  private static final long MAX_LENGTH = 1L << 46;
  private static final int MAX_RANK = 8;

  /**
   * Reads a model folder's index and compares each shard's length. Reads no weights.
   *
   * @throws ModelLoadException if the index is missing or malformed, a shard is missing or of
   *     another length, a tensor does not lie within its shard or its length is not that of its
   *     shape and type, a name occurs twice, or a path leads out of the folder
   */
  public static WeightIndex read(Path folder) {
    Path file =
        FILE_NAMES.stream()
            .map(folder::resolve)
            .filter(Files::exists)
            .findFirst()
            .orElseThrow(
                () ->
                    new ModelLoadException(
                        "%s: expected %s, found neither. Download or convert the model again."
                            .formatted(folder, String.join(" or ", FILE_NAMES))));
    return new Reader(folder, file).read();
  }

  /** Returns the bytes of all tensors on disk. */
  public long totalBytes() {
    return tensors.values().stream().mapToLong(WeightTensor::bytes).sum();
  }

  private static final class Reader {
    private final Path folder;
    private final Path file;
    private final List<WeightShard> shards = new ArrayList<>();
    private final Set<Path> paths = new HashSet<>();
    private final Map<String, WeightTensor> tensors = new LinkedHashMap<>();

    Reader(Path folder, Path file) {
      this.folder = folder;
      this.file = file;
    }

    WeightIndex read() {
      for (JsonObject object : JsonSource.file(file).read(file, MAX_BYTES).objects("records")) {
        WeightShard shard = shard(object);
        shards.add(shard);
        for (JsonObject record : object.objects("records")) {
          WeightTensor tensor = tensor(record, shard);
          if (tensors.put(tensor.name(), tensor) != null) {
            throw record.invalid("name", "a name that occurs once");
          }
        }
      }
      return new WeightIndex(file, List.copyOf(shards), Collections.unmodifiableMap(tensors));
    }

    private WeightShard shard(JsonObject object) {
      if (!object.string("format").equals("raw-shard")) {
        throw object.invalid("format", "\"raw-shard\"");
      }
      Path path = path(object);
      if (!paths.add(path)) {
        throw object.invalid("dataPath", "a file that is listed once");
      }
      long bytes = object.number("nbytes", 0, MAX_LENGTH);
      requireLength(object, path, bytes);
      Optional<String> md5 = object.optionalString("md5sum");
      if (md5.isPresent() && !md5.get().matches("[0-9a-fA-F]{32}")) {
        throw object.invalid("md5sum", "32 hexadecimal digits");
      }
      return new WeightShard(path, bytes, md5.map(sum -> sum.toLowerCase(Locale.ROOT)));
    }

    private Path path(JsonObject object) {
      String text = object.string("dataPath");
      boolean inside = text.chars().noneMatch(c -> c == '\\' || c == ':' || c < ' ');
      for (String part : text.split("/", -1)) {
        inside &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
      }
      try {
        if (inside) {
          return folder.resolve(text);
        }
      } catch (InvalidPathException e) {
        throw object.source().error("field 'dataPath': " + e.getMessage(), e);
      }
      throw object.invalid("dataPath", "a relative path inside the model folder");
    }

    private void requireLength(JsonObject object, Path path, long expected) {
      long found;
      try {
        found = Files.size(path);
      } catch (NoSuchFileException e) {
        throw object.source().error("the shard %s is missing".formatted(path), e);
      } catch (IOException e) {
        throw object.source().error("the shard %s cannot be read (%s)".formatted(path, e), e);
      }
      if (found != expected || !Files.isRegularFile(path)) {
        throw object
            .source()
            .error(
                "expected the shard %s to be a file of %d bytes, found %d bytes"
                    .formatted(path, expected, found));
      }
    }

    private WeightTensor tensor(JsonObject record, WeightShard shard) {
      List<Long> shape =
          record.list("shape", (name, value) -> record.integer(name, value, 1, MAX_LENGTH));
      if (shape.size() > MAX_RANK) {
        throw record.invalid("shape", "at most %d dimensions".formatted(MAX_RANK));
      }
      DataType dtype = DataType.read(record, "dtype");
      DataType stored = storedDtype(record, dtype);
      long bytes = record.number("nbytes", 0, MAX_LENGTH);
      requireBytes(record, shape, stored, bytes);
      long offset = record.number("byteOffset", 0, MAX_LENGTH);
      if (offset + bytes > shard.bytes()) {
        throw record.invalid(
            "byteOffset",
            "%d bytes from there to end within the shard's %d".formatted(bytes, shard.bytes()));
      }
      return new WeightTensor(
          record.string("name"), shape, dtype, stored, shard.file(), offset, bytes);
    }

    private static DataType storedDtype(JsonObject record, DataType dtype) {
      return switch (record.string("format")) {
        case "raw" -> dtype;
        // The converter marks every record so; the mark has a meaning for float32 alone.
        case "f32-to-bf16" -> dtype == DataType.FLOAT32 ? DataType.BFLOAT16 : dtype;
        default -> throw record.invalid("format", "\"raw\" or \"f32-to-bf16\"");
      };
    }

    private static void requireBytes(
        JsonObject record, List<Long> shape, DataType stored, long bytes) {
      long expected;
      try {
        expected = stored.bytes(shape);
      } catch (ArithmeticException e) {
        throw record.source().error("field '%sshape': too large".formatted(record.path()), e);
      }
      if (bytes != expected) {
        throw record.invalid(
            "nbytes",
            "%d bytes for the shape %s of %s".formatted(expected, shape, stored.tvmName()));
      }
    }
  }
}
