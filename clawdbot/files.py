"""Files that an answer carries: what skills make, and what people of the team attach."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class File:
    """A file to send. What it is (an image, a video, ...) is judged by its bytes, not by its name.

    Attributes:
        body: Its bytes; must not be empty.
        name: Name with ending, as the person sees it: "report.pdf".
        caption: Markdown shown with the file; where a platform shows none, it is sent as a message after it.
        voice: A recording to be shown as a voice message where the platform can.
        duration_s: Length of a recording in seconds, where its bytes do not tell; 0 when unknown.
    """

    body: bytes = field(repr=False)
    name: str
    caption: str = ""
    voice: bool = False
    duration_s: float = 0.0

    @classmethod
    def read(cls, path: str | Path, caption: str = "", *, voice: bool = False) -> File:
        """A file of this machine.

        Raises:
            OSError: It cannot be read.
        """
        source = Path(path)
        return cls(source.read_bytes(), source.name, caption, voice)


Answer = str | File | list["str | File"] | tuple["str | File", ...]
"""What a skill may answer: text, a file, or texts and files in the order in which the person is to get them."""
