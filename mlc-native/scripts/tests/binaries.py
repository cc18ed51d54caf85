"""Reads what a shared library needs and offers, from ELF, Mach-O and PE files of 64 bits.

Sources of the layouts: the System V ABI and its GNU extension for symbol versions, Apple's
mach-o/loader.h, and Microsoft's PE specification.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Binary:
    """The facts of one file. `versions` holds, for example, GLIBC's highest needed version."""

    machine: str
    exports: set[str] = field(default_factory=set)
    dependencies: list[str] = field(default_factory=list)
    versions: dict[str, tuple[int, ...]] = field(default_factory=dict)


def read(path: Path) -> Binary:
    """The facts of a shared library; ValueError for another kind of file."""
    data = path.read_bytes()
    if data[:4] == b"\x7fELF" and data[4:6] == b"\x02\x01":
        return _Elf(data).binary()
    if data[:4] == b"\xcf\xfa\xed\xfe":
        return _mach_o(data)
    if data[:2] == b"MZ":
        return _Pe(data).binary()
    raise ValueError(f"{path} is no ELF, Mach-O or PE file of 64 bits")


def _text(data: bytes, offset: int) -> str:
    return data[offset : data.index(b"\0", offset)].decode()


class _Elf:
    def __init__(self, data: bytes) -> None:
        self.data = data
        table, size, count = (
            *struct.unpack_from("<Q", data, 40),
            *struct.unpack_from("<HH", data, 58),
        )
        self.sections = [
            struct.unpack_from("<IIQQQQIIQQ", data, table + i * size) for i in range(count)
        ]

    def binary(self) -> Binary:
        (machine,) = struct.unpack_from("<H", self.data, 18)
        found = Binary({62: "x86_64", 183: "aarch64"}.get(machine, str(machine)))
        for section in self.sections:
            kind, offset, size, link = section[1], section[4], section[5], section[6]
            names = self.sections[link][4]
            if kind == 6:
                self._dynamic(found, offset, size, names)
            elif kind == 11:
                self._symbols(found, offset, size, names)
            elif kind == 0x6FFFFFFE:
                self._needed_versions(found, offset, section[7], names)
        return found

    def _dynamic(self, found: Binary, offset: int, size: int, names: int) -> None:
        for tag, value in struct.iter_unpack("<qQ", self.data[offset : offset + size]):
            if tag == 1:
                found.dependencies.append(_text(self.data, names + value))

    def _symbols(self, found: Binary, offset: int, size: int, names: int) -> None:
        for name, info, _, section, _, _ in struct.iter_unpack(
            "<IBBHQQ", self.data[offset : offset + size]
        ):
            if section and info >> 4:
                found.exports.add(_text(self.data, names + name))

    def _needed_versions(self, found: Binary, offset: int, count: int, names: int) -> None:
        for _ in range(count):
            _, parts, _, first, following = struct.unpack_from("<HHIII", self.data, offset)
            at = offset + first
            for _ in range(parts):
                _, _, _, name, step = struct.unpack_from("<IHHII", self.data, at)
                family, _, version = _text(self.data, names + name).rpartition("_")
                numbers = tuple(int(part) for part in version.split("."))
                found.versions[family] = max(found.versions.get(family, ()), numbers)
                at += step
            offset += following


def _mach_o(data: bytes) -> Binary:
    machine, _, _, count = struct.unpack_from("<IIII", data, 4)
    found = Binary({0x0100000C: "aarch64", 0x01000007: "x86_64"}.get(machine, hex(machine)))
    offset = 32
    for _ in range(count):
        command, size = struct.unpack_from("<II", data, offset)
        if command in (0xC, 0x80000018, 0x8000001F):
            (name,) = struct.unpack_from("<I", data, offset + 8)
            found.dependencies.append(_text(data, offset + name))
        elif command == 0x2:
            _mach_o_symbols(data, offset, found)
        elif command in (0x32, 0x24):
            (least,) = struct.unpack_from("<I", data, offset + (12 if command == 0x32 else 8))
            found.versions["macOS"] = (least >> 16, least >> 8 & 0xFF)
        offset += size
    return found


def _mach_o_symbols(data: bytes, offset: int, found: Binary) -> None:
    table, count, names, _ = struct.unpack_from("<IIII", data, offset + 8)
    for name, kind, _, _, _ in struct.iter_unpack("<IBBHQ", data[table : table + 16 * count]):
        is_external, is_debug, is_undefined = kind & 1, kind & 0xE0, kind & 0xE == 0
        if is_external and not is_debug and not is_undefined:
            found.exports.add(_text(data, names + name).removeprefix("_"))


class _Pe:
    def __init__(self, data: bytes) -> None:
        self.data = data
        (self.start,) = struct.unpack_from("<I", data, 60)
        if data[self.start : self.start + 4] != b"PE\0\0":
            raise ValueError("no PE header")

    def binary(self) -> Binary:
        machine, sections = struct.unpack_from("<HH", self.data, self.start + 4)
        (optional_size,) = struct.unpack_from("<H", self.data, self.start + 20)
        optional = self.start + 24
        self.sections = [
            struct.unpack_from("<IIII", self.data, optional + optional_size + 40 * i + 8)
            for i in range(sections)
        ]
        found = Binary({0x8664: "x86_64", 0xAA64: "aarch64"}.get(machine, hex(machine)))
        found.versions["Windows"] = struct.unpack_from("<HH", self.data, optional + 48)
        exports, _, imports = struct.unpack_from("<III", self.data, optional + 112)
        found.exports = self._exports(exports)
        found.dependencies = self._imports(imports)
        return found

    def _offset(self, address: int) -> int:
        for size, start, raw_size, raw in self.sections:
            if start <= address < start + max(size, raw_size):
                return address - start + raw
        raise ValueError(f"address {address:#x} lies in no section")

    def _exports(self, address: int) -> set[str]:
        if not address:
            return set()
        table = self._offset(address)
        count, _, names = struct.unpack_from("<III", self.data, table + 24)
        addresses = struct.unpack_from(f"<{count}I", self.data, self._offset(names))
        return {_text(self.data, self._offset(name)) for name in addresses}

    def _imports(self, address: int) -> list[str]:
        found, table = [], self._offset(address)
        while name := struct.unpack_from("<I", self.data, table + 12)[0]:
            found.append(_text(self.data, self._offset(name)))
            table += 20
        return found
