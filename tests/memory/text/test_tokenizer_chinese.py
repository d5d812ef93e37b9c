"""Chinese words are found. In other products a run of characters without spaces is one word."""

from __future__ import annotations

import pytest

from tests.memory.builders import found, person, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]
SAID = ("我姐姐住在成都，她开了一家花店", "昨天把车送去修了", "下周要去体检", "我最喜欢的电影是《霸王别姬》")


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("姐姐住哪里", 0),
        ("花店", 0),
        ("我的车怎么了", 1),
        ("什么时候体检？", 2),
        ("霸王别姬", 3),
        ("我喜欢什么电影", 3),
    ],
)
def test_chinese_finds_something(question: str, number: int) -> None:
    scope = person()
    say(scope, *SAID)
    assert found(scope, question)[0] == SAID[number]


def test_chinese_and_english_in_one_sentence_are_both_found() -> None:
    scope = person()
    say(scope, *SAID, "我们公司用Django写后台")
    assert found(scope, "Django")[0] == "我们公司用Django写后台"
    assert found(scope, "公司的后台")[0] == "我们公司用Django写后台"


def test_full_width_letters_are_the_same_letters() -> None:
    scope = person()
    say(scope, *SAID, "密码本放在ABC抽屉")
    assert found(scope, "ＡＢＣ抽屉")[0] == "密码本放在ABC抽屉"
