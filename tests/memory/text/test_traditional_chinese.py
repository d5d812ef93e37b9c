"""Traditional characters are understood like simplified ones."""

from __future__ import annotations

from datetime import date

import pytest

from memory.consolidation.rules import _of_sentence
from memory.store import MemoryStore
from memory.text import dates
from memory.text.query_hints import read_cues
from memory.text.tokenizer import tokenize
from tests.memory.builders import person, say

pytestmark = pytest.mark.databases

TODAY = date(2026, 11, 25)
PAIRS = [
    ("上週五", "上周五"), ("這週三", "这周三"), ("下個月", "下个月"), ("兩天前", "两天前"),
    ("三個星期後", "三个星期后"),
    ("後天", "后天"), ("上禮拜五", "上礼拜五"), ("上個週末", "上个周末"), ("11月2號", "11月2号"),
]  # fmt: skip


@pytest.mark.parametrize(("traditional", "same"), PAIRS)
def test_days_mean_the_same(traditional: str, same: str) -> None:
    (found,) = dates.resolve(f"{traditional}我去爬山", TODAY)
    (other,) = dates.resolve(f"{same}我去爬山", TODAY)
    assert (found.start, found.end) == (other.start, other.end)
    assert found.text == traditional
    assert dates.date_cues(traditional, TODAY) == dates.date_cues(same, TODAY)


def test_whose_turn_and_which_session_is_meant() -> None:
    assert read_cues("你給我推薦了什麼？", TODAY).role == "assistant"
    assert read_cues("第一次說話", TODAY).first_session


@pytest.mark.django_db
def test_either_script_is_found_by_words_in_the_other() -> None:
    assert tokenize("媽媽住在臺灣") == tokenize("妈妈住在台湾")
    scope = person()
    say(scope, "我妹妹住在臺灣的鄉下")
    say(scope, "她的电脑坏了")
    store = MemoryStore(scope.bot_id)
    for question, words in (("台湾的乡下", "臺灣"), ("電腦壞了", "电脑")):
        hit = store.recall(scope, question, k=1, semantic=False).hits[0]
        assert words in hit.text
        assert hit.why["coverage"] > 0.9


def test_facts_keep_the_characters_they_were_written_in() -> None:
    found = {one.attribute: one.value for one in _of_sentence("我叫陳雅婷", "")}
    assert found == {"name": "陳雅婷"}
    (liked,) = _of_sentence("我很喜歡爬山", "")
    assert (liked.attribute, liked.value, liked.standing) == ("preference", "爬山", "likes")
    assert list(_of_sentence("我喜歡什麼？", "")) == []
