"""Makes AMR of sound, the only form of voice messages that WeCom takes.

The ffmpeg of most distributions reads AMR and does not write it, so the encoder is the library that others use for it:
OpenCORE AMR-NB (package libopencore-amrnb0), called directly.
"""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import Any

from bots.speech import ffmpeg

LONGEST_S = 60.0  # of a voice message in WeCom
_NAMES = ("libopencore-amrnb.so.0", "libopencore-amrnb.so", "libopencore-amrnb.dylib", "libopencore-amrnb.0.dylib")
_PER_S = 8000  # samples of 16 bits, one channel
_FRAME = 160  # samples: 20 ms
_BEST = 7  # the mode of 12.2 kbit/s
_LARGEST_FRAME = 64  # bytes; that of the best mode has 32


def can_make() -> bool:
    """Returns whether ffmpeg and the encoder are installed."""
    return ffmpeg.is_installed() and _library() is not None


def made(body: bytes, content_type: str) -> bytes | None:
    """Returns the sound as AMR; None when it cannot be made, or is longer than a minute."""
    library = _library()
    output = ("-ac", "1", "-ar", str(_PER_S), "-f", "s16le")
    # One second more than fits tells a sound that is too long from one that just fits.
    samples = ffmpeg.convert(body, content_type, output, longest_s=LONGEST_S + 1) if library else None
    if samples is None or len(samples) > LONGEST_S * _PER_S * 2:
        return None
    return _encoded(library, samples)


def _encoded(library: Any, samples: bytes) -> bytes:
    encoder, frame = library.Encoder_Interface_init(0), ctypes.create_string_buffer(_LARGEST_FRAME)
    found = bytearray(b"#!AMR\n")
    size = _FRAME * 2
    try:
        for at in range(0, len(samples), size):
            sound = samples[at : at + size].ljust(size, b"\0")
            length = library.Encoder_Interface_Encode(encoder, _BEST, sound, frame, 0)
            found += frame.raw[:length]
    finally:
        library.Encoder_Interface_exit(encoder)
    return bytes(found)


@lru_cache(maxsize=1)
def _library() -> Any:
    for name in _NAMES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        library.Encoder_Interface_init.restype = ctypes.c_void_p
        library.Encoder_Interface_init.argtypes = (ctypes.c_int,)
        library.Encoder_Interface_Encode.argtypes = (
            *(ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int),
        )
        library.Encoder_Interface_exit.argtypes = (ctypes.c_void_p,)
        library.Encoder_Interface_exit.restype = None
        return library
    return None
