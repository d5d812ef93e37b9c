"""Renders neutral markdown in the dialects of DingTalk, Feishu and WeCom: the same blocks, fewer marks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from adapters.markdown import Block, Inline, is_written_out

_LINK = re.compile(r"https?://\S+", re.IGNORECASE)
_BRACKETS = str.maketrans({"(": "%28", ")": "%29"})  # they would end the target


def unfenced(text: str) -> str:
    """Returns the text changed so that nothing in it opens or closes a code block."""
    return text.replace("```", "``\u200b`")


@dataclass(frozen=True, slots=True)
class Dialect:
    """Differences between the dialects.

    Attributes:
        marks: Marks around "strong", "emphasis" and "strike"; a kind without an entry is shown without marks.
        fenced: Code blocks keep their fences; else only the code is shown.
        escape: Escapes special characters, where the dialect can.
    """

    marks: Mapping[str, str]
    fenced: bool = False
    escape: Callable[[str], str] = str

    def block(self, block: Block) -> str:
        """Renders one block."""
        if block.kind == "code" and self.fenced:
            return f"```{block.info}\n{unfenced(block.text)}\n```"
        if block.kind in ("code", "table"):
            return unfenced(block.text) if self.fenced else block.text
        if block.kind == "rule":
            return "---"
        quote = "> " if block.quoted else ""
        heading = f"{'#' * block.level} " if block.level else ""
        return quote + block.lead.replace("• ", "- ") + heading + self._inlines(block.inlines)

    def _inlines(self, nodes: Iterable[Inline]) -> str:
        return "".join(self._inline(node) for node in nodes)

    def _inline(self, node: Inline) -> str:
        if node.kind == "text":
            return self.escape(node.text)
        if node.kind == "code":
            return f"`{node.text}`" if "`" not in node.text and node.text.strip() else self.escape(node.text)
        inner = self._inlines(node.children)
        if node.kind == "link":
            return self._link(node, inner)
        mark = self.marks.get(node.kind, "")
        return f"{mark}{inner}{mark}" if inner.strip() else inner

    def _link(self, node: Inline, inner: str) -> str:
        written_out = is_written_out(node)
        if _LINK.fullmatch(node.href) and not (written_out and inner == node.href):
            return f"[{inner}]({node.href.translate(_BRACKETS)})"
        return inner if written_out or not node.href else f"{inner} ({self.escape(node.href)})"
