package org.mlcengine.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.SessionFileException;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.ToolCall;

/** Files of sessions: what is written is read, and nothing else is. */
class SessionFileTest {
  private static final int BLOCK_TOKENS = 4;
  private static final int BLOCK_BYTES = 40;
  private static final List<ChatMessage> MESSAGES =
      List.of(
          ChatMessage.system("Be brief."),
          ChatMessage.user(List.of("Two", "parts \ud83d\ude00")).withName("ann"),
          ChatMessage.assistant(
              Optional.empty(), List.of(ToolCall.of("call_1", "find", "{\"q\":1}"))),
          ChatMessage.tool("call_1", "found"),
          ChatMessage.assistant(""));

  @TempDir private Path folder;
  private Path file;
  private final List<byte[]> blocks = new ArrayList<>();

  @BeforeEach
  void makeBlocks() {
    file = folder.resolve("session");
    Random random = new Random(3);
    for (int i = 0; i < 3; i++) {
      byte[] block = new byte[BLOCK_BYTES];
      random.nextBytes(block);
      blocks.add(block);
    }
  }

  private SessionFacts facts() {
    int[] tokens = new Random(4).ints(blocks.size() * BLOCK_TOKENS, 0, 50_000).toArray();
    return new SessionFacts(
        "ann",
        MESSAGES,
        Optional.of(new SessionFacts.Kv("fingerprint", tokens, BLOCK_TOKENS, BLOCK_BYTES)));
  }

  private void write(SessionFacts facts) {
    try (SessionFileWriter writer = SessionFileWriter.create(file, facts)) {
      for (int i = 0; i < facts.kv().map(SessionFacts.Kv::blocks).orElse(0); i++) {
        writer.block(blocks.get(i));
      }
      writer.complete();
    }
  }

  private static List<byte[]> read(Path file) {
    List<byte[]> found = new ArrayList<>();
    try (SessionFileReader reader = SessionFileReader.open(file)) {
      for (byte[] block = reader.next(); block != null; block = reader.next()) {
        found.add(block);
      }
    }
    return found;
  }

  private void requireBroken(byte[] bytes, String what) throws IOException {
    Path broken = Files.write(folder.resolve("broken"), bytes);
    assertThatThrownBy(() -> read(broken))
        .as(what)
        .isInstanceOf(SessionFileException.class)
        .hasMessageContaining(broken.toString())
        .hasMessageContaining("save the session again");
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> String.valueOf(path.getFileName())).sorted().toList();
    }
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    write(facts());
    try (SessionFileReader reader = SessionFileReader.open(file)) {
      SessionFacts found = reader.facts();
      assertThat(found.id()).isEqualTo("ann");
      assertThat(found.messages()).isEqualTo(MESSAGES);
      SessionFacts.Kv kv = found.kv().orElseThrow();
      assertThat(kv.fingerprint()).isEqualTo("fingerprint");
      assertThat(kv.tokens()).isEqualTo(facts().kv().orElseThrow().tokens());
      assertThat(kv.blockTokens()).isEqualTo(BLOCK_TOKENS);
      assertThat(kv.blockBytes()).isEqualTo(BLOCK_BYTES);
    }
    assertThat(read(file)).usingElementComparator(Arrays::compare).isEqualTo(blocks);
    assertThat(names()).containsExactly("session");
  }

  @Test
  void aConversationAloneIsRead() {
    write(new SessionFacts("empty", List.of(), Optional.empty()));
    try (SessionFileReader reader = SessionFileReader.open(file)) {
      assertThat(reader.facts()).isEqualTo(new SessionFacts("empty", List.of(), Optional.empty()));
      assertThat(reader.next()).isNull();
    }
  }

  @Test
  void onlyTheOwnerMayReadIt() throws IOException {
    assumeThat(folder.getFileSystem().supportedFileAttributeViews()).contains("posix");
    write(facts());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void aFileThatWasCutOffAnywhereIsRefused() throws IOException {
    write(facts());
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      requireBroken(Arrays.copyOf(whole, length), "cut to " + length);
    }
    requireBroken(Arrays.copyOf(whole, whole.length + 1), "one byte more");
  }

  @Test
  void aChangedByteIsFound() throws IOException {
    write(facts());
    byte[] whole = Files.readAllBytes(file);
    for (int at = 0; at < whole.length; at++) {
      for (int bit : new int[] {1, 0x80}) {
        byte[] changed = whole.clone();
        changed[at] ^= (byte) bit;
        requireBroken(changed, "byte " + at + ", bit " + bit);
      }
    }
  }

  @Test
  void damageOfAnyKindIsFound() throws IOException {
    write(facts());
    byte[] whole = Files.readAllBytes(file);
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      int from = random.nextInt(whole.length);
      int to = random.nextInt(whole.length);
      int count = 1 + random.nextInt(whole.length - Math.max(from, to));
      byte[] changed = whole.clone();
      System.arraycopy(whole, from, changed, to, count);
      if (!Arrays.equals(changed, whole)) {
        requireBroken(changed, "seed " + seed + ", round " + round);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}{}",
        "[",
        "{\"id\":\"a\",\"messages\":[{\"role\":\"nobody\",\"content\":\"x\"}]}",
        "{\"id\":\"a\",\"messages\":[{\"role\":\"tool\",\"content\":\"x\",\"tool_call_id\":\"1\"}]}",
        "{\"id\":\"a\",\"kv\":{}}",
        "{\"id\":\"a\",\"kv\":{\"tokens\":\"AAAAAQ==\",\"block_tokens\":0,\"block_bytes\":9}}",
        "{\"id\":\"a\",\"kv\":{\"tokens\":\"AAAAAQ==\",\"block_tokens\":2,\"block_bytes\":9}}",
        "{\"id\":\"a\",\"kv\":{\"tokens\":\"!!!!\",\"block_tokens\":1,\"block_bytes\":9}}",
        "{\"id\":\"a\",\"kv\":{\"tokens\":\"AAAAAQ==\",\"block_tokens\":1,\"block_bytes\":-1}}",
        "{\"id\":\"a\",\"kv\":{\"tokens\":\"AAAAAQ==\",\"block_tokens\":1,\"block_bytes\":1e99}}",
        "{\"id\":\"a\",\"id\":\"b\"}"
      })
  void factsThatMakeNoSenseAreRefused(String json) {
    assertThatThrownBy(() -> FactsJson.read(json.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(BrokenFileException.class);
  }

  @Test
  void aBlockThatTheFileDoesNotHaveTakesNoMemory() throws IOException {
    String json =
        "{\"kv\":{\"tokens\":\"AAAAAQ==\",\"block_tokens\":1,\"block_bytes\":2000000000}}";
    requireBroken(file(json, json.length()), json);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 1 << 20, 16 << 20, (16 << 20) + 1})
  void aLengthThatTheFileDoesNotHaveTakesNoMemory(int length) throws IOException {
    requireBroken(file("{}", length), "length " + length);
  }

  /** Makes a file of facts alone, and a block's head of 2 GB. */
  private static byte[] file(String json, int length) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    byte[] data = json.getBytes(StandardCharsets.UTF_8);
    out.write(RecordType.MAGIC);
    out.writeInt(RecordType.VERSION);
    out.writeInt(RecordType.FACTS.code());
    out.writeInt(length);
    out.writeInt(RecordType.FACTS.checksum(data));
    out.write(data);
    out.writeInt(RecordType.BLOCK.code());
    out.writeInt(2_000_000_000);
    out.writeInt(0);
    return bytes.toByteArray();
  }

  @Test
  void whatIsNoSessionsFileIsRefused() throws IOException {
    requireBroken("{\"a\": 1}, and some more text".getBytes(StandardCharsets.UTF_8), "text");
    for (Path path : List.of(folder, folder.resolve("missing"))) {
      assertThatThrownBy(() -> SessionFileReader.open(path))
          .isInstanceOf(SessionFileException.class)
          .hasMessageContaining(path.toString())
          .hasMessageContaining("session.save");
    }
  }

  /** A disk that has room for so many bytes. */
  private record FullDisk(int room, ByteArrayOutputStream bytes)
      implements SessionFileWriter.Draft {
    @Override
    public int write(ByteBuffer source) throws IOException {
      if (bytes.size() == room) {
        throw new IOException("No space left on device");
      }
      int count = Math.min(source.remaining(), room - bytes.size());
      byte[] part = new byte[count];
      source.get(part);
      bytes.write(part);
      return count;
    }

    @Override
    public void force() throws IOException {
      throw new IOException("No space left on device");
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  @Test
  void aFullDiskLeavesTheFileBefore() throws IOException {
    write(facts());
    byte[] before = Files.readAllBytes(file);
    SessionFacts later = new SessionFacts("later", MESSAGES, facts().kv());
    for (int room = 0; room <= before.length + 10; room += 7) {
      int space = room;
      assertThatThrownBy(
              () -> {
                try (SessionFileWriter writer =
                    SessionFileWriter.create(
                        file, later, path -> new FullDisk(space, new ByteArrayOutputStream()))) {
                  blocks.forEach(writer::block);
                  writer.complete();
                }
              })
          .as("room for %d", room)
          .isInstanceOf(SessionFileException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("No space left")
          .hasMessageContaining("unchanged");
      assertThat(Files.readAllBytes(file)).isEqualTo(before);
      assertThat(names()).containsExactly("session");
    }
  }

  @Test
  void aDeviceWithoutRoomIsReported() {
    Path full = Path.of("/dev/full");
    assumeThat(Files.exists(full)).isTrue();
    assertThatThrownBy(
            () -> SessionFileWriter.create(file, facts(), path -> SessionFileWriter.draft(full)))
        .isInstanceOf(SessionFileException.class)
        .hasMessageContaining("No space left");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void whatWasBegunAndNotCompletedLeavesNothing() throws IOException {
    try (SessionFileWriter writer = SessionFileWriter.create(file, facts())) {
      writer.block(blocks.getFirst());
    }
    assertThat(names()).isEmpty();
  }

  @Test
  void placesThatCannotBeWrittenAreRefused() {
    assertThatThrownBy(() -> SessionFileWriter.create(folder, facts()))
        .isInstanceOf(SessionFileException.class)
        .hasMessageContaining("found a folder");
    Path nowhere = folder.resolve("missing").resolve("session");
    assertThatThrownBy(() -> SessionFileWriter.create(nowhere, facts()))
        .isInstanceOf(SessionFileException.class)
        .hasMessageContaining(nowhere.toString())
        .hasMessageContaining("Choose a folder that exists");
  }

  @Test
  void aConversationThatIsTooLongIsRefused() throws IOException {
    List<ChatMessage> messages = List.of(ChatMessage.user("x".repeat(16 << 20)));
    assertThatThrownBy(
            () ->
                SessionFileWriter.create(
                    file, new SessionFacts("long", messages, Optional.empty())))
        .isInstanceOf(SessionFileException.class)
        .hasMessageContaining("at most 16777216 bytes");
    assertThat(names()).isEmpty();
  }
}
