"""Writes headers of GGUF files, and damaged copies of the demonstration model."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CHAT = {
    "general.architecture": "qwen3",
    "general.name": "Qwen3 0.6B",
    "qwen3.context_length": 40960,
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.tokens": ["a", "b", "中"],
    "tokenizer.chat_template": "{% if tools %}{{ tools }}{% endif %}{{ messages }}",
}


def write(path: Path, values: Mapping[str, Any], *, tensor_bytes: int = 64) -> Path:
    """Writes a file with these values and one tensor of 16 numbers (F32, 64 bytes), of which some may be missing."""
    header = b"GGUF" + struct.pack("<IQQ", 3, 1, len(values))
    header += b"".join(_text(key) + _value(value) for key, value in values.items())
    header += _text("output.weight") + struct.pack("<IQIQ", 1, 16, 0, 0)
    path.write_bytes(header + b"\0" * (-len(header) % 32 + tensor_bytes))
    return path


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _value(value: Any) -> bytes:
    if isinstance(value, list):
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(_text, value))
    return struct.pack("<II", 4, value) if isinstance(value, int) else struct.pack("<I", 8) + _text(value)
