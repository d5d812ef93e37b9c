"""Reads the header of a GGUF file: what the model is, and whether the server can load it.

The native library says only that it failed, or ends the process, so what is known to be wrong is found here first.
"""

from __future__ import annotations

import math
import mmap
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bots.llm.gguf_kinds import BLOCKS, OTHER_FORMATS, POOLING_OF_EMBEDDERS, TEXT_ENCODERS
from clawdbot.errors import ClawdbotError
from clawdbot.reasons import Reason

MAGIC = b"GGUF"
VERSIONS = (2, 3)
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
# A header with more entries is damaged; the largest known models have some thousand tensors.
_MOST_ENTRIES = 1_000_000
_ALIGNMENT = 32
_PIECE = re.compile(r"\.part-?\d+of\d+$", re.IGNORECASE)
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")


class UnusableFile(ClawdbotError):
    """The file cannot be served; the reason is one line with the mend, for the operator."""

    permanent = True


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model in a GGUF file.

    Attributes:
        path: The file; the first one of a model in several files.
        name: Name inside the file, else the file's name without its ending.
        architecture: For instance "qwen3".
        context_tokens: Context window of its training in tokens; 0 when the file does not say.
        chat_template: Jinja template of its prompts; "" for a model that was not trained for chats.
    """

    path: Path
    name: str
    architecture: str
    context_tokens: int
    chat_template: str

    @property
    def takes_tools(self) -> bool:
        """Returns whether its template writes tools into the prompt."""
        return re.search(r"\btools\b", self.chat_template) is not None


def read(path: Path) -> ModelFile:
    """Reads what the file says of the model.

    Raises:
        UnusableFile: It is not there, not readable, no GGUF, incomplete, or no model that answers in words.
    """
    if path.is_dir():
        found = sorted(file.name for file in path.glob("*.gguf"))[:3]
        if not found:
            raise UnusableFile(Reason("model_file_folder_empty", path=str(path)))
        raise UnusableFile(Reason("model_file_folder", path=str(path), found=", ".join(found)))
    try:
        with path.open("rb") as file:
            begin = file.read(64)
            _check_format(path, begin)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _checked(path, _Header(data))
    except FileNotFoundError:
        raise UnusableFile(Reason("model_file_missing", path=str(path))) from None
    except OSError as error:
        told = error.strerror or type(error).__name__
        raise UnusableFile(Reason("model_file_unreadable", path=str(path), error=told)) from None
    except (struct.error, IndexError, UnicodeDecodeError, OverflowError, _Damaged):
        raise UnusableFile(Reason("model_file_damaged", path=str(path))) from None


class _Damaged(Exception):
    """The header says what no header can say."""


class _Header:
    """The header of a GGUF file: its values by key, and the end of the last tensor in bytes."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data, self._at = data, len(MAGIC)
        self.size = len(data)
        version = self._number("I")
        if version not in VERSIONS:
            raise _Damaged
        tensors, entries = self._number("Q"), self._number("Q")
        if max(tensors, entries) > _MOST_ENTRIES:
            raise _Damaged
        self.values = {self._string(): self._value(self._number("I")) for _ in range(entries)}
        ends = [self._tensor_end() for _ in range(tensors)]
        alignment = self.values.get("general.alignment") or _ALIGNMENT
        self.end = math.ceil(self._at / alignment) * alignment + max(ends, default=0)
        self.tensors = tensors

    def text(self, key: str) -> str:
        value = self.values.get(key)
        return value.strip() if isinstance(value, str) else ""

    def number(self, key: str) -> int:
        value = self.values.get(key)
        return int(value) if isinstance(value, int | float) else 0

    def _number(self, kind: str) -> Any:
        value = struct.unpack_from(f"<{kind}", self._data, self._at)[0]
        self._at += struct.calcsize(kind)
        return value

    def _skip(self, count: int) -> None:
        self._at += count
        if self._at > self.size:
            raise _Damaged

    def _string(self) -> str:
        length = self._number("Q")
        start = self._at
        self._skip(length)
        return self._data[start : self._at].decode("utf8", "replace")

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            return self._skip_array()
        if kind not in _NUMBERS:
            raise _Damaged
        return self._number(_NUMBERS[kind])

    def _skip_array(self) -> None:
        """Passes over a list: vocabularies have 150,000 entries, and none is needed here."""
        kind, count = self._number("I"), self._number("Q")
        if kind in _NUMBERS:
            self._skip(struct.calcsize(_NUMBERS[kind]) * count)
            return
        if count > 100 * _MOST_ENTRIES or kind not in (_STRING, _ARRAY):
            raise _Damaged
        for _ in range(count):
            self._skip(self._number("Q")) if kind == _STRING else self._skip_array()

    def _tensor_end(self) -> int:
        """Returns where the data of the next tensor ends, in bytes after the header."""
        self._string()
        dimensions = self._number("I")
        if dimensions > 8:
            raise _Damaged
        count: int = math.prod(self._number("Q") for _ in range(dimensions))
        kind, offset = self._number("I"), self._number("Q")
        block, size = BLOCKS.get(kind, (1, 0))
        return int(offset) + count // block * size


def _check_format(path: Path, begin: bytes) -> None:
    if begin.startswith(MAGIC):
        if len(begin) >= 8 and struct.unpack_from("<I", begin, 4)[0] not in VERSIONS:
            raise UnusableFile(Reason("model_file_version", path=str(path)))
        return
    if not begin:
        raise UnusableFile(Reason("model_file_empty", path=str(path)))
    for marks, reason in OTHER_FORMATS:
        if begin.lstrip().lower().startswith(marks):
            raise UnusableFile(reason.with_params(path=str(path)))
    if _PIECE.search(path.name):
        raise UnusableFile(Reason("model_file_piece", path=str(path)))
    raise UnusableFile(Reason("model_file_other", path=str(path)))


def _checked(path: Path, header: _Header) -> ModelFile:
    architecture = header.text("general.architecture")
    _check_parts(path, header)
    _check_kind(path, header, architecture)
    if header.end > header.size:
        missing = header.end - header.size
        if _PIECE.search(path.name):
            raise UnusableFile(Reason("model_file_piece", path=str(path)))
        raise UnusableFile(Reason("model_file_cut", path=str(path), missing=f"{missing:,}"))
    name = " ".join(header.text("general.name").split())[:80]
    return ModelFile(
        path=path,
        name=name if name.isprintable() and name else _PART.sub("", path.name).removesuffix(".gguf"),
        architecture=architecture,
        context_tokens=header.number(f"{architecture}.context_length"),
        chat_template=header.text("tokenizer.chat_template"),
    )


def _check_parts(path: Path, header: _Header) -> None:
    count = header.number("split.count")
    if count <= 1:
        return
    part, place = header.number("split.no") + 1, str(path)
    named = _PART.search(path.name)
    if part != 1 and named:
        first = _PART.sub(f"-00001-of-{count:05d}.gguf", path.name)
        raise UnusableFile(Reason("model_file_part", path=place, part=part, count=count, first=first))
    if part != 1:
        raise UnusableFile(Reason("model_file_part_unnamed", path=place, part=part, count=count))
    if not named:
        name = f"…-00001-of-{count:05d}.gguf"
        raise UnusableFile(Reason("model_file_first_unnamed", path=place, count=count, name=name))
    others = (_PART.sub(f"-{number:05d}-of-{count:05d}.gguf", path.name) for number in range(2, count + 1))
    if absent := [name for name in others if not path.with_name(name).exists()]:
        raise UnusableFile(
            Reason("model_file_parts_missing", path=place, absent=len(absent), count=count, name=absent[0])
        )


def _check_kind(path: Path, header: _Header, architecture: str) -> None:
    kind, place = header.text("general.type"), str(path)
    if kind == "mmproj" or architecture == "clip":
        raise UnusableFile(Reason("model_file_mmproj", path=place))
    if kind == "adapter":
        raise UnusableFile(Reason("model_file_adapter", path=place))
    if not architecture or not header.tensors:
        raise UnusableFile(Reason("model_file_no_model", path=place))
    pooling = header.number(f"{architecture}.pooling_type")
    if architecture in TEXT_ENCODERS or pooling in POOLING_OF_EMBEDDERS:
        raise UnusableFile(Reason("model_file_embedder", path=place, architecture=architecture))
    if not header.text("tokenizer.ggml.model"):
        raise UnusableFile(Reason("model_file_no_tokenizer", path=place, architecture=architecture))
