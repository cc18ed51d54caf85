package org.mlcengine.natives;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Reads what a shared library's header says of its platform. Formats: the ELF specification's file
 * header, {@code mach-o/loader.h} and {@code mach-o/fat.h}, and the PE specification's file header.
 */
final class LibraryHeader {
  private static final int READ = 4096;
  private static final int ELF = 0x7f454c46;
  private static final int ELF_SHARED = 3;
  private static final int ELF_SEGMENT_BYTES = 56;
  private static final int MACH_O_64 = 0xcffaedfe;
  private static final int MACH_O_DYLIB = 6;
  private static final int MACH_O_BUNDLE = 8;
  private static final int MACH_O_FAT = 0xcafebabe;
  private static final int MAX_FAT_PARTS = 32;
  private static final short DOS = 0x4d5a;
  private static final int PE = 0x50450000;
  private static final int PE_DLL = 0x2000;

  private final Path file;
  private final ByteBuffer head;
  private final long size;

  private LibraryHeader(Path file, ByteBuffer head, long size) {
    this.file = file;
    this.head = head;
    this.size = size;
  }

  static Platform read(Path file) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(READ);
    long size;
    try (FileChannel channel = FileChannel.open(file)) {
      size = channel.size();
      while (head.hasRemaining() && channel.read(head) >= 0) {
        // Reads may be short.
      }
    }
    return new LibraryHeader(file, head.flip(), size).platform();
  }

  private Platform platform() throws IOException {
    require(head.limit() >= 32);
    head.order(ByteOrder.BIG_ENDIAN);
    int magic = head.getInt(0);
    if (magic == ELF) {
      return elf();
    }
    if (magic == MACH_O_64) {
      return machO();
    }
    if (magic == MACH_O_FAT) {
      return fatMachO();
    }
    require(head.getShort(0) == DOS && head.limit() >= 64);
    return pe();
  }

  private Platform elf() throws IOException {
    head.order(head.get(5) == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    require(head.getShort(16) == ELF_SHARED);
    boolean is64Bit = head.get(4) == 2;
    if (is64Bit) {
      requireWholeElf();
    }
    int machine = Short.toUnsignedInt(head.getShort(18));
    String architecture =
        switch (machine) {
          case 3 -> "x86";
          case 21 -> "ppc64";
          case 22 -> "s390x";
          case 40 -> "arm";
          case 62 -> is64Bit ? "x86_64" : "x32";
          case 183 -> "aarch64";
          case 243 -> is64Bit ? "riscv64" : "riscv32";
          default -> "elf-machine-" + machine;
        };
    return new Platform("linux", architecture);
  }

  /** The system's loader maps what the header tells of, and a missing end would be a fault. */
  private void requireWholeElf() throws IOException {
    require(head.limit() >= 64);
    int segments = Short.toUnsignedInt(head.getShort(56));
    long table = head.getLong(32);
    requireInside(table, (long) segments * ELF_SEGMENT_BYTES);
    for (int i = 0; i < segments; i++) {
      long at = table + (long) i * ELF_SEGMENT_BYTES;
      require(at + ELF_SEGMENT_BYTES <= head.limit());
      requireInside(head.getLong((int) at + 8), head.getLong((int) at + 32));
    }
    long entry = Short.toUnsignedInt(head.getShort(58));
    requireInside(head.getLong(40), entry * Short.toUnsignedInt(head.getShort(60)));
  }

  private void requireInside(long offset, long length) throws IOException {
    if (offset < 0 || length < 0 || offset > size - length) {
      throw new IOException(
          "%s is cut off: its header tells of %d bytes from offset %d, the file has %d"
              .formatted(file, length, offset, size));
    }
  }

  private Platform machO() throws IOException {
    head.order(ByteOrder.LITTLE_ENDIAN);
    int type = head.getInt(12);
    require(type == MACH_O_DYLIB || type == MACH_O_BUNDLE);
    return new Platform("osx", machOArchitecture(head.getInt(4)));
  }

  private Platform fatMachO() throws IOException {
    int parts = head.getInt(4);
    // A class file of Java starts with the same four bytes; its version is far above this limit.
    require(parts > 0 && parts <= MAX_FAT_PARTS);
    List<String> architectures =
        IntStream.range(0, parts)
            .mapToObj(i -> machOArchitecture(head.getInt(8 + 20 * i)))
            .toList();
    return new Platform(
        "osx", architectures.contains("aarch64") ? "aarch64" : architectures.get(0));
  }

  private static String machOArchitecture(int type) {
    return switch (type) {
      case 0x01000007 -> "x86_64";
      case 0x0100000c -> "aarch64";
      default -> "mach-o-cpu-" + type;
    };
  }

  private Platform pe() throws IOException {
    head.order(ByteOrder.LITTLE_ENDIAN);
    int start = head.getInt(60);
    require(start > 0 && start <= head.limit() - 24);
    require(Integer.reverseBytes(head.getInt(start)) == PE);
    require((head.getShort(start + 22) & PE_DLL) != 0);
    int machine = Short.toUnsignedInt(head.getShort(start + 4));
    String architecture =
        switch (machine) {
          case 0x014c -> "x86";
          case 0x8664 -> "x86_64";
          case 0xaa64 -> "aarch64";
          default -> "pe-machine-0x" + Integer.toHexString(machine);
        };
    return new Platform("windows", architecture);
  }

  private void require(boolean condition) throws IOException {
    if (!condition) {
      byte[] start = new byte[Math.min(4, head.limit())];
      head.get(0, start);
      throw new IOException(
          "%s is not a shared library: expected an ELF, Mach-O or PE library, found %s"
              .formatted(
                  file,
                  start.length == 0
                      ? "an empty file"
                      : "another kind of file that starts with bytes "
                          + HexFormat.of().formatHex(start)));
    }
  }
}
