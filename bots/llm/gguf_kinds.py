"""Tables of the GGUF format: sizes of its number types, kinds of models, and what other files begin with."""

from __future__ import annotations

from clawdbot.reasons import Reason

# Elements and bytes of one block by number type; a type that is not here counts no bytes.
BLOCKS = {
    0: (1, 4),  # F32
    1: (1, 2),  # F16
    2: (32, 18),  # Q4_0
    3: (32, 20),  # Q4_1
    6: (32, 22),  # Q5_0
    7: (32, 24),  # Q5_1
    8: (32, 34),  # Q8_0
    10: (256, 84),  # Q2_K
    11: (256, 110),  # Q3_K
    12: (256, 144),  # Q4_K
    13: (256, 176),  # Q5_K
    14: (256, 210),  # Q6_K
    20: (32, 18),  # IQ4_NL
    23: (256, 136),  # IQ4_XS
    30: (1, 2),  # BF16
}

# Architectures that make vectors of texts and write none.
TEXT_ENCODERS = frozenset(
    {
        "bert",
        "eurobert",
        "gemma-embedding",
        "jina-bert-v2",
        "jina-bert-v3",
        "modern-bert",
        "neo-bert",
        "nomic-bert",
        "nomic-bert-moe",
        "t5encoder",
    }
)
# Mean, first token, last token and rank: a chat model has none (0).
POOLING_OF_EMBEDDERS = frozenset({1, 2, 3, 4})

# The beginning of a file in lower case, and what the file is; the path is filled in.
OTHER_FORMATS: tuple[tuple[tuple[bytes, ...], Reason], ...] = (
    ((b"version https://git-lfs",), Reason("model_file_lfs", path="")),
    ((b"<!doctype", b"<html", b"<?xml"), Reason("model_file_web_page", path="")),
    (
        (b'{"error', b"{'error", b"entry not found", b"access to", b"invalid username"),
        Reason("model_file_download_error", path=""),
    ),
    ((b"tjgg", b"lmgg", b"fmgg", b"algg"), Reason("model_file_ggml", path="")),
    ((b"pk\x03\x04", b"\x80\x02"), Reason("model_file_pytorch", path="")),
    (
        (b"\x1f\x8b", b"7z\xbc\xaf", b"bzh", b"\x28\xb5\x2f\xfd", b"\xfd7zxz"),
        Reason("model_file_compressed", path=""),
    ),
)
