package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.bindings.TvmRuntime;
import org.mlcengine.errors.InsufficientMemoryException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.MLCException;
import org.mlcengine.errors.ModelLibraryMismatchException;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.protocol.ChatCompletionCreateParams;

/**
 * Whatever is wrong with a model or an option is a typed exception that names the remedy. After
 * each, nothing native is left over and another engine of this process still replies.
 */
class BrokenModelTest {
  private static final String SHARD = "params_shard_0.bin";

  private static MLCEngine other;
  private static String reply;

  @TempDir Path temporary;
  private Path folder;
  private long live;

  @BeforeAll
  static void open() {
    other = TestModel.builder().maxTotalSequenceLength(1024).build();
    reply = reply();
  }

  @AfterAll
  static void close() {
    other.close();
  }

  @BeforeEach
  void copy() throws IOException {
    folder = TestModel.copyInto(temporary.resolve("model"));
    live = TvmRuntime.liveCount();
  }

  @AfterEach
  void nothingIsLeftAndTheOtherEngineReplies() {
    assertThat(TvmRuntime.liveCount()).isEqualTo(live);
    assertThat(reply()).isEqualTo(reply);
  }

  /** JUnit would warn of each link that leads out of the temporary folder. */
  @AfterEach
  void unlink() throws IOException {
    try (Stream<Path> files = Files.list(temporary.resolve("model"))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (Files.isSymbolicLink(file)) {
          Files.delete(file);
        }
      }
    }
  }

  private static String reply() {
    var request = ChatCompletionCreateParams.builder().addUserMessage("Hi");
    var choices =
        other.chat().completions().create(request.temperature(0).maxTokens(4).build()).choices();
    return choices.getFirst().message().content().orElseThrow();
  }

  private MLCEngine.Builder builder() {
    return MLCEngine.builder().model(folder).contextWindowSize(512).verifyWeights(false);
  }

  private static void refused(
      MLCEngine.Builder builder, Class<? extends MLCException> type, String... parts) {
    assertThatThrownBy(
            () -> {
              try (MLCEngine engine = builder.build()) {
                assertThat(engine.info()).isNull();
              }
            })
        .isExactlyInstanceOf(type)
        .message()
        .contains(parts);
  }

  /** Replaces a link by a file of its own. */
  private Path replace(String name, byte[] bytes) throws IOException {
    Path file = folder.resolve(name);
    Files.delete(file);
    return Files.write(file, bytes);
  }

  private byte[] bytes(String name) throws IOException {
    return Files.readAllBytes(folder.resolve(name));
  }

  private Path library() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".so")).findFirst().orElseThrow();
    }
  }

  @Test
  void anUnknownFolder() {
    folder = temporary.resolve("absent");
    refused(builder(), ModelLoadException.class, "absent", "Give the path of a converted model.");
  }

  @Test
  void aMissingShard() throws IOException {
    Files.delete(folder.resolve(SHARD));
    refused(builder(), ModelLoadException.class, SHARD + " is missing", "convert the model again");
  }

  @Test
  void aShardThatIsCutOff() throws IOException {
    byte[] whole = bytes(SHARD);
    replace(SHARD, Arrays.copyOf(whole, 1000));
    refused(
        builder(),
        ModelLoadException.class,
        "a file of " + whole.length + " bytes, found 1000 bytes",
        "convert the model again");
  }

  @Test
  void aShardWithOneOtherBit() throws IOException {
    byte[] bytes = bytes(SHARD);
    bytes[12_345_678] ^= 1;
    replace(SHARD, bytes);
    refused(
        builder().verifyWeights(true),
        ModelLoadException.class,
        SHARD,
        "expected the MD5",
        "download or convert the model again");
  }

  @Test
  void aFolderWithoutTokenizer() throws IOException {
    Files.delete(folder.resolve("tokenizer.json"));
    refused(builder(), ModelLoadException.class, "tokenizer.json", "Copy the tokenizer files");
  }

  @Test
  void aConfigThatIsNotUtf8() throws IOException {
    byte[] bytes = bytes("mlc-chat-config.json");
    bytes[100] = (byte) 0xff;
    replace("mlc-chat-config.json", bytes);
    refused(builder(), ModelLoadException.class, "invalid byte 0xff at byte offset 100", "again.");
  }

  @Test
  void aLibraryForAnotherModel() throws IOException {
    JsonMapper mapper = new JsonMapper();
    JsonNode index = mapper.readTree(bytes("tensor-cache.json"));
    ArrayNode shape = null;
    for (JsonNode record : index.get("records").get(0).get("records")) {
      if (record.get("shape") instanceof ArrayNode found
          && found.size() == 2
          && !found.get(0).equals(found.get(1))) {
        shape = found;
      }
    }
    assertThat(shape).isNotNull();
    int rows = shape.get(0).intValue();
    shape.set(0, shape.get(1));
    shape.set(1, IntNode.valueOf(rows));
    replace("tensor-cache.json", mapper.writeValueAsBytes(index));
    refused(
        builder(),
        ModelLibraryMismatchException.class,
        "1 of the library's",
        "in the folder",
        "Compile the library for this folder");
  }

  @Test
  void aLibraryForAnotherArchitecture() throws IOException {
    ByteBuffer elf = ByteBuffer.allocate(64).putInt(0, 0x7f454c46).order(ByteOrder.LITTLE_ENDIAN);
    elf.put(4, (byte) 2).put(5, (byte) 1).putShort(16, (short) 3);
    elf.putShort(18, (short) (System.getProperty("os.arch").equals("aarch64") ? 62 : 183));
    Path library = Files.write(temporary.resolve("foreign.so"), elf.array());
    refused(
        builder().modelLib(library), ModelLibraryMismatchException.class, "is made for", "Compile");
  }

  @Test
  void filesThatAreNoLibrary() throws IOException {
    Path text = Files.writeString(temporary.resolve("text.so"), "no machine code".repeat(100));
    Path empty = Files.createFile(temporary.resolve("empty.so"));
    for (Path library : new Path[] {text, empty, temporary.resolve("absent.so")}) {
      refused(
          builder().modelLib(library),
          ModelLibraryMismatchException.class,
          library.toString(),
          "mlc compile");
    }
  }

  @Test
  void aLibraryThatIsCutOff() throws IOException {
    byte[] whole = Files.readAllBytes(library());
    for (int length : new int[] {20, 100, 5000, whole.length / 2, whole.length - 1}) {
      Path library = temporary.resolve("cut-" + length + ".so");
      Files.write(library, Arrays.copyOf(whole, length));
      refused(
          builder().modelLib(library),
          ModelLibraryMismatchException.class,
          library.toString(),
          "Compile it again");
    }
  }

  @Test
  void aLibraryThatCallsAMissingFunction() throws IOException {
    String code = new String(Files.readAllBytes(library()), StandardCharsets.ISO_8859_1);
    assertThat(code).contains("vm.builtin.reshape\0");
    Path library = temporary.resolve("future.so");
    Files.writeString(
        library,
        code.replace("vm.builtin.reshape\0", "vm.builtin.reshopf\0"),
        StandardCharsets.ISO_8859_1);
    refused(
        builder().modelLib(library),
        ModelLibraryMismatchException.class,
        library + " calls vm.builtin.reshopf, which the natives in use",
        System.getProperty("mlc.natives.path"),
        "--kernels tir");
  }

  @Test
  void optionsOutOfRange() {
    assertThatThrownBy(() -> builder().threads(0))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("threads: expected at least 1, found 0.");
    refused(
        builder().contextWindowSize(0), InvalidRequestException.class, "contextWindowSize", "0");
    refused(
        builder().contextWindowSize(1_000_000),
        InvalidRequestException.class,
        "contextWindowSize",
        "at most",
        "1000000");
    refused(
        builder().memoryUtilization(0), InvalidRequestException.class, "memoryUtilization", "0");
  }

  @Test
  void tooLittleMemory() {
    refused(
        builder().memoryUtilization(1e-4),
        InsufficientMemoryException.class,
        "512 tokens need",
        "MiB",
        "memoryUtilization");
  }

  @Test
  void aListenerThatFails() {
    assertThatThrownBy(
            () ->
                builder()
                    .loadListener(
                        (phase, done, total) -> {
                          throw new IllegalStateException("enough");
                        })
                    .build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("enough");
  }
}
