"""Neutral markdown to the dialects of markdown that DingTalk, Feishu and WeCom show: the same blocks, fewer marks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from adapters.markdown import Block, Inline

_LINK = re.compile(r"https?://[^\s()]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where the dialects differ.

    Attributes:
        marks: What stands around "strong", "emphasis" and "strike"; one that is not named leaves no trace.
        fenced: Code blocks keep their fences; else only the code is shown.
        escape: Makes characters with a meaning of their own harmless, where the dialect has a way to.
    """

    marks: Mapping[str, str]
    fenced: bool = False
    escape: Callable[[str], str] = str

    def block(self, block: Block) -> str:
        """Renders one block."""
        if block.kind == "code" and self.fenced:
            code = block.text.replace("```", "``\u200b`")  # it would end the block
            return f"```{block.info}\n{code}\n```"
        if block.kind in ("code", "table"):
            return block.text
        if block.kind == "rule":
            return "---"
        lead = {"heading": f"{'#' * block.level} ", "quote": "> ", "item": block.text.replace("• ", "- ")}
        return lead.get(block.kind, "") + self._inlines(block.inlines)

    def _inlines(self, nodes: Iterable[Inline]) -> str:
        return "".join(self._inline(node) for node in nodes)

    def _inline(self, node: Inline) -> str:
        if node.kind == "text":
            return self.escape(node.text)
        if node.kind == "code":
            return f"`{node.text}`" if "`" not in node.text and node.text.strip() else self.escape(node.text)
        inner = self._inlines(node.children)
        if node.kind == "link":
            if _LINK.fullmatch(node.href):
                return f"[{inner}]({node.href})"
            told = self.escape(node.href)
            return f"{inner} ({told})" if told not in ("", inner) else inner
        mark = self.marks.get(node.kind, "")
        return f"{mark}{inner}{mark}" if inner.strip() else inner
