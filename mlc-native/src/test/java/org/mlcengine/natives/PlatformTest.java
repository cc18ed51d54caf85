package org.mlcengine.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names of platforms, and the headers of shared libraries. */
class PlatformTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "Linux, amd64, linux-x86_64, true",
    "Linux, aarch64, linux-aarch64, true",
    "Mac OS X, aarch64, osx-aarch64, true",
    "Windows 11, amd64, windows-x86_64, true",
    "Mac OS X, x86_64, osx-x86_64, false",
    "Linux, i386, linux-x86, false",
    "Windows 11, aarch64, windows-aarch64, false",
    "FreeBSD, amd64, freebsd-x86_64, false"
  })
  void theJvmsNamesGiveTheClassifier(String os, String arch, String expected, boolean supported) {
    Platform platform = Platform.of(os, arch, folder.resolve("absent"));
    assertThat(platform.classifier()).isEqualTo(expected);
    assertThat(platform.isSupported()).isEqualTo(supported);
  }

  @Test
  void muslIsToldFromGlibcByWhatTheProcessMaps() throws IOException {
    Path maps = Files.writeString(folder.resolve("maps"), "7f00-7f01 r-xp /lib/libc.so.6\n");
    assertThat(Platform.of("Linux", "amd64", maps).classifier()).isEqualTo("linux-x86_64");
    Files.writeString(maps, "7f00-7f01 r-xp /lib/ld-musl-x86_64.so.1\n");
    assertThat(Platform.of("Linux", "amd64", maps).classifier()).isEqualTo("linux-musl-x86_64");
    assertThat(Platform.of("Linux", "amd64", maps).isSupported()).isFalse();
  }

  @Test
  void everyBuiltLibraryIsForThePlatformOfItsFolder() throws IOException {
    int checked = 0;
    for (String name : Platform.SUPPORTED) {
      Path natives = TestNatives.BUILT.resolve(name);
      if (Files.isDirectory(natives)) {
        for (Manifest.Library library : Manifest.read(natives).libraries()) {
          Path file = natives.resolve(library.file());
          assertThat(Platform.ofLibrary(file)).hasToString(name);
          checked++;
        }
      }
    }
    assertThat(checked).as("libraries in %s", TestNatives.BUILT).isPositive();
  }

  @ParameterizedTest
  @CsvSource({
    "40, 2, arm",
    "243, 2, riscv64",
    "62, 1, x32",
    "3, 1, x86",
    "999, 2, elf-machine-999"
  })
  void otherElfMachinesAreNamed(short machine, byte bits, String expected) throws IOException {
    ByteBuffer elf = buffer(0x7f454c46).put(4, bits).put(5, (byte) 1);
    elf.putShort(16, (short) 3).putShort(18, machine);
    assertThat(Platform.ofLibrary(write(elf)).architecture()).isEqualTo(expected);
  }

  @Test
  void universalMachOCountsAsAarch64WhenItHoldsIt() throws IOException {
    ByteBuffer fat = buffer(0xcafebabe).order(ByteOrder.BIG_ENDIAN);
    fat.putInt(4, 2).putInt(8, 0x01000007).putInt(28, 0x0100000c);
    assertThat(Platform.ofLibrary(write(fat))).isEqualTo(new Platform("osx", "aarch64"));
    fat.putInt(4, 1);
    assertThat(Platform.ofLibrary(write(fat))).isEqualTo(new Platform("osx", "x86_64"));
  }

  @Test
  void otherFilesAreRefusedByName() throws IOException {
    ByteBuffer program = buffer(0x7f454c46).put(4, (byte) 2).put(5, (byte) 1);
    ByteBuffer badPe = buffer(0x4d5a0000).putInt(60, Integer.MAX_VALUE);
    ByteBuffer javaClass = buffer(0xcafebabe).order(ByteOrder.BIG_ENDIAN).putInt(4, 66);
    for (ByteBuffer bytes : List.of(program, badPe, javaClass, ByteBuffer.allocate(0))) {
      Path file = write(bytes);
      assertThatThrownBy(() -> Platform.ofLibrary(file))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(file + " is not a shared library");
    }
  }

  @Test
  void anElfLibraryThatIsCutOffIsRefused() throws IOException {
    ByteBuffer sections = elf().putLong(40, 200).putShort(58, (short) 64).putShort(60, (short) 1);
    ByteBuffer segment = elf().putLong(32, 64).putShort(56, (short) 1).putLong(64 + 32, 257);
    ByteBuffer wild = elf().putLong(32, Long.MIN_VALUE).putShort(56, (short) 1);
    for (ByteBuffer bytes : List.of(sections, segment, wild)) {
      Path file = write(bytes);
      assertThatThrownBy(() -> Platform.ofLibrary(file))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(file + " is cut off");
    }
  }

  private static ByteBuffer elf() {
    return buffer(0x7f454c46)
        .put(4, (byte) 2)
        .put(5, (byte) 1)
        .putShort(16, (short) 3)
        .putShort(18, (short) 62);
  }

  private Path write(ByteBuffer bytes) throws IOException {
    return Files.write(folder.resolve("library"), bytes.array());
  }

  private static ByteBuffer buffer(int magic) {
    return ByteBuffer.allocate(256).putInt(0, magic).order(ByteOrder.LITTLE_ENDIAN);
  }
}
