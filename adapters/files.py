"""Rules for files that an adapter declares in `file_rules`."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.events import OutgoingFile

MB = 1024 * 1024
PLAIN = "file"


@dataclass(frozen=True, slots=True)
class FileRule:
    """One way in which a platform accepts a file.

    Attributes:
        kind: How the platform shows the file: "image", "voice", "audio", "video" or "file".
        max_bytes: Size limit of the file.
        types: Allowed content types; empty for all.
        endings: Allowed file extensions, such as ".pdf"; empty for all.
        caption: Longest caption in the platform's units; 0 when it shows no caption.
        by_url: The platform fetches the file itself, from a public https address.
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
        """Returns whether the file satisfies this rule. Ignores the file's kind."""
        return (
            0 < file.size <= self.max_bytes
            and (not self.types or file.content_type in self.types)
            and (not self.endings or file.name.lower().endswith(self.endings))
            and (not self.by_url or file.url.startswith("https://"))
            and (not self.needs_duration or file.duration_s > 0)
        )
