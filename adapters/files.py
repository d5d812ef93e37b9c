"""How a platform takes files: the rules that an adapter declares in `file_rules`."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.events import OutgoingFile

MB = 1024 * 1024
PLAIN = "file"


@dataclass(frozen=True, slots=True)
class FileRule:
    """One way in which a platform takes a file.

    Attributes:
        kind: What it is shown as: "image", "voice", "audio", "video" or "file".
        max_bytes: Largest file.
        types: Content types it may have; empty for all.
        endings: Name endings it may have, such as ".pdf"; empty for all.
        caption: Longest caption in the platform's units; 0 when it shows none.
        by_url: The platform fetches the file itself: it needs a public https address.
        needs_duration: The length of the recording must be known.
    """

    kind: str
    max_bytes: int
    types: frozenset[str] = frozenset()
    endings: tuple[str, ...] = ()
    caption: int = 0
    by_url: bool = False
    needs_duration: bool = False

    def fits(self, file: OutgoingFile) -> bool:
        """Whether the file can go this way; its kind is not looked at."""
        return (
            0 < file.size <= self.max_bytes
            and (not self.types or file.content_type in self.types)
            and (not self.endings or file.name.lower().endswith(self.endings))
            and (not self.by_url or file.url.startswith("https://"))
            and (not self.needs_duration or file.duration_s > 0)
        )
