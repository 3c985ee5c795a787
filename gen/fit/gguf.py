"""Reads the header of a GGUF file: metadata and tensor infos, never the tensors.

The package ``gguf`` of llama.cpp is well kept, and the tests write files with it. It is not used here:
it brings numpy, maps the whole file and makes a Python object of every token of the vocabulary, which
takes seconds and, for a file that lies about a count, all of the memory. What `fit` needs is the
numbers in the header, so this reads those, steps over the rest, and believes no length before it has
compared it with the size of the file. The format is ggml's docs/gguf.md; versions 2 and 3, little endian.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, NoReturn

from monogen.problems import InputError, Problem
from msgspec import Struct

Scalar = int | float | bool | str
Value = Scalar | tuple[int | float | bool, ...]

MAX_ENTRIES = 65_536
MAX_TENSORS = 1_000_000
MAX_NAME = 65_535
MAX_STRING = 64 * 2**20
MAX_KEPT = 8_192
MAX_DIMENSIONS = 4
MAX_PARTS = 1_000
ALIGNMENT = 32
MAX_ALIGNMENT = 2**20
VERSIONS = (2, 3)

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING = 8
_ARRAY = 9
_DAMAGED = "the file is damaged or newer than monogen"

TENSOR_TYPES: Mapping[int, tuple[int, int]] = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110),
    22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8),
    29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17), 40: (64, 36), 41: (128, 18),
}  # fmt: skip
"""ggml's block of each tensor type: elements, bytes (gguf-py's GGML_QUANT_SIZES)."""

_PART = re.compile(r"-(?P<number>[0-9]{5})-of-(?P<count>[0-9]{5})\.gguf$")


class Tensor(Struct, frozen=True):
    """A tensor as the header tells of it.

    ``size`` in bytes, None for a type that is not known here; ``offset`` in bytes from the end of the
    header, rounded up to the file's alignment.
    """

    name: str
    size: int | None
    offset: int


class Gguf(Struct, frozen=True):
    """Header of a model: metadata of its first part, tensors of all, bytes of all files together.

    Arrays of text and arrays of more than 8192 numbers (the vocabulary) are left out of ``metadata``.
    """

    metadata: Mapping[str, Value]
    tensors: tuple[Tensor, ...]
    file_size: int


def read_gguf(path: Path) -> Gguf:
    """The header of a GGUF file, or of a split model: any part ``-00001-of-0000N.gguf`` stands for all.

    Raises InputError with one sentence when a file is missing, is not GGUF, lies or is cut off.
    """
    parts = [_read(part) for part in _parts(path)]
    return Gguf(
        metadata=parts[0].metadata,
        tensors=tuple(tensor for part in parts for tensor in part.tensors),
        file_size=sum(part.file_size for part in parts),
    )


def _parts(path: Path) -> list[Path]:
    match = _PART.search(path.name)
    if match is None:
        return [path]
    count = int(match["count"])
    if not 1 <= int(match["number"]) <= count <= MAX_PARTS:
        _refuse(path, f"part {match['number']} of {match['count']} cannot be")
    stem = path.name[: match.start()]
    return [path.with_name(f"{stem}-{number:05}-of-{count:05}.gguf") for number in range(1, count + 1)]


def _refuse(path: Path, message: str, hint: str = "") -> NoReturn:
    raise InputError([Problem(str(path), 0, 0, message, hint)])


def _read(path: Path) -> Gguf:
    try:
        if not path.is_file():
            _refuse(path, "not a file" if path.exists() else "no such file")
        with path.open("rb") as stream:
            return _Reader(path, stream, path.stat().st_size).read()
    except (OSError, ValueError) as error:
        _refuse(path, f"cannot be read: {getattr(error, 'strerror', None) or error}")


class _Reader:
    """Reads one file from its start; every length is held against what is left of the file."""

    def __init__(self, path: Path, stream: BinaryIO, size: int) -> None:
        self.path = path
        self.stream = stream
        self.size = size
        self.left = size

    def read(self) -> Gguf:
        self._check_magic()
        tensor_count, entry_count = self._number("Q"), self._number("Q")
        if tensor_count > MAX_TENSORS or entry_count > MAX_ENTRIES:
            _refuse(self.path, f"the header claims {tensor_count} tensors and {entry_count} metadata entries")
        metadata: dict[str, Value] = {}
        for _ in range(entry_count):
            key = self._text(MAX_NAME)
            value = self._value(self._number("I"))
            if value is not None:
                metadata[key] = value
        tensors = tuple(self._tensor() for _ in range(tensor_count))
        self._check_complete(tensors, metadata.get("general.alignment"))
        return Gguf(metadata, tensors, self.size)

    def _check_magic(self) -> None:
        if self._bytes(4) != b"GGUF":
            _refuse(self.path, "not a GGUF file", "it does not start with the letters GGUF")
        version = self._number("I")
        if version in VERSIONS:
            return
        if version.to_bytes(4, "little")[:3] == b"\0\0\0":
            _refuse(self.path, "a big-endian GGUF file; only little-endian ones can be read")
        _refuse(self.path, f"GGUF version {version}; versions 2 and 3 can be read")

    def _check_complete(self, tensors: tuple[Tensor, ...], stated: Value | None) -> None:
        alignment = stated if isinstance(stated, int) and 0 < stated <= MAX_ALIGNMENT else ALIGNMENT
        start = -(-(self.size - self.left) // alignment) * alignment
        end = start + max((tensor.offset + (tensor.size or 0) for tensor in tensors), default=0)
        if tensors and end > self.size:
            told = f"the tensors end at byte {end} and the file at byte {self.size}"
            _refuse(self.path, told, "the download is not complete")

    def _claim(self, length: int) -> None:
        if length > self.left:
            _refuse(self.path, "ends in the middle of its header", "the file is damaged or not complete")
        self.left -= length

    def _bytes(self, length: int) -> bytes:
        self._claim(length)
        data = self.stream.read(length)
        if len(data) != length:
            _refuse(self.path, "became shorter while it was read")
        return data

    def _skip(self, length: int) -> None:
        self._claim(length)
        self.stream.seek(length, 1)

    def _number(self, code: str) -> int:
        return int(struct.unpack(f"<{code}", self._bytes(struct.calcsize(code)))[0])

    def _text(self, limit: int) -> str:
        length = self._number("Q")
        if length > limit:
            _refuse(self.path, f"the header claims a text of {length} bytes")
        return self._bytes(length).decode("utf-8", errors="replace")

    def _value(self, kind: int) -> Value | None:
        if kind in _SCALARS:
            code = f"<{_SCALARS[kind]}"
            scalar: Scalar = struct.unpack(code, self._bytes(struct.calcsize(code)))[0]
            return scalar
        if kind == _STRING:
            return self._text(MAX_STRING)
        if kind == _ARRAY:
            return self._array(self._number("I"), self._number("Q"))
        _refuse(self.path, f"metadata of the unknown kind {kind}", _DAMAGED)

    def _array(self, kind: int, count: int) -> Value | None:
        """Numbers where there are few; what is long or text is stepped over. GGUF arrays do not nest."""
        if kind == _STRING:
            self._skip_texts(count)
            return None
        if kind not in _SCALARS:
            _refuse(self.path, f"a list of the unknown kind {kind}", _DAMAGED)
        width = struct.calcsize(f"<{_SCALARS[kind]}")
        if count > MAX_KEPT:
            self._skip(count * width)
            return None
        return struct.unpack(f"<{count}{_SCALARS[kind]}", self._bytes(count * width))

    def _skip_texts(self, count: int) -> None:
        """Each text has at least the 8 bytes of its length, so a count that lies is found at once."""
        if count * 8 > self.left:
            told = f"a list claims {count} texts, more than the file can hold"
            _refuse(self.path, told, "the file is damaged or not complete")
        for _ in range(count):
            self._skip(self._number("Q"))

    def _tensor(self) -> Tensor:
        name = self._text(MAX_NAME)
        dimensions = self._number("I")
        if dimensions > MAX_DIMENSIONS:
            _refuse(self.path, f"a tensor of {dimensions} dimensions")
        elements = 1
        for _ in range(dimensions):
            elements *= self._number("Q")
        kind = self._number("I")
        offset = self._number("Q")
        if kind not in TENSOR_TYPES:
            return Tensor(name, None, offset)
        block, size = TENSOR_TYPES[kind]
        return Tensor(name, -(-elements // block) * size, offset)
