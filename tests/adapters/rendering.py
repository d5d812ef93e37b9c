"""Generated texts for renderers, and checks of what these make of them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import count

from hypothesis import strategies as st

# `numbered` replaces each "W" by a word of its own.
_CONSTRUCTS = (
    "W ",
    "**W** ",
    "_W_",
    "~~W~~",
    "`W`",
    "[W](https://e.com/a_(b)?c=1&d=2)",
    "[W <https://in.er> W](https://e.com)",
    "![W](https://e.com/i.png)",
    "[W](javascript:W)",
    "<https://e.com>",
    "\n# W\n",
    "\n##### **W**\n",
    "\n- W\n",
    "\n1. W\n",
    "\n> W\n",
    "\n\nW.\n\n",
    "\n```py\nW\n\n  W\n```\n",
    "\n~~~\nW\n```\nW\n~~~\n",
    "\n````\n```\nW\n```\n````\n",
    "\nW|b\n-|-\nW|2\n",
)
_NOISE = (
    *("*", "**", "_", "__", "~~", "`", "``", "[", "](", ")", "<", ">", "&", "&lt;", "\\", "|", "#", "-", "!", " "),
    *(
        "\n",
        "\n\n",
        "\n---\n",
        "\n```\n",
        "\n~~~\n",
        "@everyone",
        "<!channel>",
        "<@U1>",
        "<b>",
        "</a>",
        "你好",
        "😀",
        "\x00",
    ),
)
TEXTS = st.lists(st.sampled_from((*_CONSTRUCTS, *_NOISE)), max_size=30)
FENCE_WITH_WORDS = re.compile(
    r"^[ \t>*+-]*(?:`{3,}|~{3,})[^\n]*Word", re.MULTILINE
)  # renderers drop the language of a fence
_HEADER = re.compile(r"^(.*\|.*)\n[ \t>]*[|:-][|:\- \t]*$", re.MULTILINE)


def numbered(bits: list[str], times: int) -> tuple[str, list[str]]:
    """Returns a text and its words, all different."""
    numbers = count(100_000)
    words: list[str] = []

    def word(_: re.Match[str]) -> str:
        words.append(f"Word{next(numbers)}")
        return words[-1]

    return re.sub("W", word, "".join(bits) * times), words


def assert_all_there(text: str, shown: str, words: list[str]) -> None:
    """Checks that every word is there once and in order; a cut table repeats the words of its header."""
    headers = {word for header in _HEADER.findall(text) for word in re.findall(r"Word\d{6}", header)}
    seen: set[str] = set()
    found = []
    for word in re.findall(r"Word\d{6}", shown):
        if word not in seen or word not in headers:
            found.append(word)
        seen.add(word)
    assert found == words


def fences(rendered: str) -> str:
    """Checks that every code block ends, and not before its end."""
    inside = False
    for line in rendered.split("\n")[:-1]:
        if line.lstrip().startswith("```"):
            assert not inside or line.strip() == "```"
            inside = not inside
    assert not inside or rendered.split("\n")[-1].lstrip().startswith("```")
    return rendered


class _Checker(HTMLParser):
    """Fails on HTML that Telegram refuses: unknown, unbalanced or wrongly nested tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("b", "i", "s", "code", "pre", "a", "blockquote")
        assert tag not in self.open
        assert "code" not in self.open
        assert "pre" not in self.open or tag == "code"
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def visible_html(rendered: str) -> str:
    """Returns the text that Telegram shows of this HTML."""
    checker = _Checker()
    checker.feed(rendered)
    checker.close()
    assert checker.open == []
    assert not re.search(r"&(?!(?:amp|lt|gt|quot|#x27);)", rendered)
    return checker.text
