"""What a GGUF file says of its model, and the line that the operator gets for a file that cannot be served."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from bots.llm import embedded_server, gguf
from tests.llm.gguf_files import CHAT, write


def test_the_demonstration_model_is_read() -> None:
    found = gguf.read(embedded_server.demo_file())
    assert (found.architecture, found.context_tokens, found.takes_tools) == ("llama", 8192, False)
    assert found.name
    assert "<|im_start|>" in found.chat_template


def test_name_window_and_tools_are_those_of_the_file(tmp_path: Path) -> None:
    found = gguf.read(write(tmp_path / "m.gguf", CHAT))
    assert (found.name, found.context_tokens, found.takes_tools) == ("Qwen3 0.6B", 40960, True)


@pytest.mark.parametrize("name", ["", "a\nb\x1b[0m"])
def test_without_a_printable_name_it_is_that_of_the_file(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "通义-0.6B-00001-of-00001.gguf", CHAT | {"general.name": name})
    assert gguf.read(path).name == "通义-0.6B"


def _read(path: Path) -> str:
    with pytest.raises(gguf.UnusableFile) as error:
        gguf.read(path)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"general.type": "mmproj"}, "image part"),
        ({"general.architecture": "clip"}, "image part"),
        ({"general.type": "adapter"}, "LoRA"),
        ({"general.architecture": "nomic-bert"}, "embedding model (nomic-bert)"),
        ({"qwen3.pooling_type": 3}, "embedding model (qwen3)"),
        ({"general.architecture": ""}, "holds no model"),
        ({"tokenizer.ggml.model": ""}, "no tokenizer"),
        ({"split.no": 1, "split.count": 3}, "is part 2 of 3: name the first part"),
        ({"split.no": 0, "split.count": 3}, "or merge the parts with llama-gguf-split"),
    ],
)
def test_a_file_that_is_no_chat_model_is_named(tmp_path: Path, changed: dict[str, Any], told: str) -> None:
    assert told in _read(write(tmp_path / "m.gguf", CHAT | changed))


def test_a_part_names_the_first_and_the_first_names_the_missing(tmp_path: Path) -> None:
    second = write(tmp_path / "m-00002-of-00003.gguf", CHAT | {"split.no": 1, "split.count": 3})
    assert "name m-00001-of-00003.gguf" in _read(second)
    first = write(tmp_path / "m-00001-of-00003.gguf", CHAT | {"split.no": 0, "split.count": 3})
    assert "1 of 3 parts are missing (m-00003-of-00003.gguf)" in _read(first)
    write(tmp_path / "m-00003-of-00003.gguf", CHAT | {"split.no": 2, "split.count": 3})
    assert gguf.read(first).architecture == "qwen3"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"hello", "no GGUF file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"tjgg\x03\0\0\0", "old format"),
        (b"PK\x03\x04", "PyTorch"),
        (b"GGUF" + struct.pack(">I", 3), "version"),
        (b"GGUF" + struct.pack("<I", 1), "version"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**60, 2**60), "damaged"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + struct.pack("<Q", 2**62), "damaged"),
        (b"GGUF", "damaged"),
    ],
)
def test_a_file_of_another_format_is_named(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    assert told in _read(path)


def test_a_cut_file_says_how_much_is_missing(tmp_path: Path) -> None:
    assert "the last 24 bytes are missing" in _read(write(tmp_path / "m.gguf", CHAT, tensor_bytes=40))
    whole = write(tmp_path / "whole.gguf", CHAT).read_bytes()
    for length in range(4, len(whole) - 64, 7):
        path = tmp_path / "cut.gguf"
        path.write_bytes(whole[:length])
        _read(path)


def test_a_piece_of_a_file_says_how_to_join(tmp_path: Path) -> None:
    first = write(tmp_path / "m.gguf.part1of2", CHAT, tensor_bytes=40)
    second = tmp_path / "m.gguf.part2of2"
    second.write_bytes(b"\x01" * 100)
    assert "join the pieces" in _read(first)
    assert "join the pieces" in _read(second)


def test_a_folder_and_an_absent_file_say_what_to_name(tmp_path: Path) -> None:
    assert "without a .gguf file" in _read(tmp_path)
    write(tmp_path / "m.gguf", CHAT)
    assert "(m.gguf)" in _read(tmp_path)
    assert "there is no file" in _read(tmp_path / "absent.gguf")


def test_a_plan_takes_the_window_of_the_file_and_warns(tmp_path: Path) -> None:
    path = str(write(tmp_path / "m.gguf", CHAT | {"qwen3.context_length": 4096}))
    plan = embedded_server.plan(path)
    assert (plan.context_tokens, plan.slots, plan.is_demo, plan.takes_tools) == (4096, 2, False, True)
    assert plan.warnings == ()
    assert "trained with 4096" in embedded_server.plan(path, context_tokens=9000).warnings[0]
    assert "set a key" in embedded_server.plan(path, host="0.0.0.0").warnings[0]
    assert embedded_server.plan(path, host="0.0.0.0", api_key="k").warnings == ()
    base = str(write(tmp_path / "base.gguf", CHAT | {"tokenizer.chat_template": ""}))
    assert "no chat template" in embedded_server.plan(base).warnings[0]
