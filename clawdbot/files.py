"""Files of answers: those that skills return and those that team members attach."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class File:
    """A file to send. Its bytes, not its name, decide its type (image, video, ...).

    Attributes:
        body: Its bytes; must not be empty.
        name: Name with extension, as the person sees it: "report.pdf".
        caption: Markdown shown with the file; sent as a separate message on platforms without captions.
        voice: Whether to show a recording as a voice message where the platform can.
        duration_s: Length of a recording in seconds, if its bytes do not tell; 0 when unknown.
    """

    body: bytes = field(repr=False)
    name: str
    caption: str = ""
    voice: bool = False
    duration_s: float = 0.0

    @classmethod
    def read(cls, path: str | Path, caption: str = "", *, voice: bool = False) -> File:
        """Reads a file of this machine.

        Raises:
            OSError: The file cannot be read.
        """
        source = Path(path)
        return cls(source.read_bytes(), source.name, caption, voice)


Answer = str | File | list[Any] | tuple[Any, ...]
"""An answer of a skill: text, a file, or texts, files and `Buttons` in the order in which to send them."""
