"""The facts that rules extract from a sentence, and the sentences without one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from memory.consolidation import rules
from memory.consolidation.claims import Statement
from memory.consolidation.episodes import Episode, Line

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)

SAID = {
    "My sister lives in Chengdu": ("sister/home", "chengdu"),
    "my wife Anna, who is a doctor": None,
    "I moved to Berlin last year, and I love it": ("self/home", "berlin"),
    "I just moved from Chengdu to Shenzhen.": ("self/home", "shenzhen"),
    "i live in berlin": ("self/home", "berlin"),
    "I no longer live in Chengdu": ("self/home", "!chengdu"),
    "I'm from Chengdu originally": ("self/origin", "chengdu"),
    "My friend Tom lives in Paris": ("friend tom/home", "paris"),
    "I'm allergic to peanuts": ("self/allergy/peanuts", "yes"),
    "I'm not allergic to nuts any more": ("self/allergy/nuts", "no"),
    "I like green tea": ("self/preference/green tea", "likes"),
    "I prefer coffee to tea": ("self/preference/coffee", "likes"),
    "I really don't like cilantro": ("self/preference/cilantro", "dislikes"),
    "my name is Ann Lee": ("self/name", "ann lee"),
    "My brother's name is Tom": ("brother/name", "tom"),
    "My birthday is on May 5th": ("self/birthday", "may 5th"),
    "I work as a nurse at St. Mary's": ("self/job", "nurse"),
    "I am a teacher": ("self/job", "teacher"),
    "I work at Siemens": ("self/employer", "siemens"),
    "I have a dog named Rex": ("self/pet/dog", "rex"),
    "My favourite colour is blue": ("self/favourite colour", "blue"),
    "I'm a vegetarian": ("self/diet", "vegetarian"),
    "我姐姐住在成都": ("姐姐/home", "成都"),
    "我去年搬到了深圳": ("self/home", "深圳"),
    "我从成都搬到深圳了": ("self/home", "深圳"),
    "我最近搬到杭州工作": ("self/home", "杭州"),
    "我叫李明": ("self/name", "李明"),
    "我女儿叫小美": ("女儿/name", "小美"),
    "我是四川人": ("self/origin", "四川"),
    "我是一名中学老师": ("self/job", "中学老师"),
    "我在腾讯工作": ("self/employer", "腾讯"),
    "我喜欢喝绿茶": ("self/preference/喝绿茶", "likes"),
    "我不喜欢香菜": ("self/preference/香菜", "dislikes"),
    "我对花生过敏": ("self/allergy/花生", "yes"),
    "我对花生不过敏了": ("self/allergy/花生", "no"),
    "我妈妈对海鲜过敏": ("妈妈/allergy/海鲜", "yes"),
    "我养了一只猫叫咪咪": ("self/pet/猫", "咪咪"),
    "我生日是5月2日": ("self/birthday", "5月2日"),
}
SILENT = (
    "Do I like tea?", "Where does my sister live?", "I would like a coffee", "I'd love to live in Paris", "I love you",
    "If I lived in Berlin I would be happy", "Maybe I live in a dream", "I like how you said it", "I like it",
    "I live in a small town", "My friend lives in Paris", "She said I live in Rome", "I'm a bit tired",
    "I used to live in Rome", "You live in Berlin", "I want to move to Berlin",
    "我喜欢什么？", "你知道我住在哪里吗？", "如果我住在北京就好了", "我喜欢你", "我搬家了", "我打算搬到上海",
    "我叫你不要这样", "你喜欢喝茶", "我以前住在北京",
)  # fmt: skip


def read(text: str, role: str = "user", speaker: str = "", *, group: bool = False) -> list[Statement]:
    line = Line(1, "s", role, speaker, text, AT, AT.date(), None)
    return rules.read(Episode((line,)), group=group)


@pytest.mark.parametrize(
    "text",
    [
        "[Poll: Next trip?, I live in Rome / My name is Otto]",
        "[Contact: I am allergic to nuts, +1555]",
        "【联系人：我住在上海】",
        "see you\n[Place: I live in Rome, 1.0, 2.0]",
    ],
)
def test_what_a_person_only_shared_is_no_statement(text: str) -> None:
    assert read(text) == []
    assert [one.value for one in read(f"I live in Berlin\n{text}")] == ["Berlin"]


@pytest.mark.parametrize(("text", "expected"), SAID.items())
def test_a_plain_statement_becomes_a_key_and_a_value(text: str, expected: tuple[str, str] | None) -> None:
    found = [(statement.key, statement.folded) for statement in read(text)]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize("text", SILENT)
def test_questions_wishes_conditions_and_vague_words_say_nothing(text: str) -> None:
    assert read(text) == []


def test_a_list_is_several_facts() -> None:
    assert [s.value for s in read("I'm allergic to peanuts, shellfish and cats.")] == ["peanuts", "shellfish", "cats"]
    assert [s.value for s in read("我对花生、海鲜和牛奶过敏。")] == ["花生", "海鲜", "牛奶"]


def test_what_the_bot_says_is_no_fact_about_the_person() -> None:
    assert read("I live in Berlin", role="assistant") == []


def test_in_a_group_the_speaker_is_the_subject() -> None:
    (statement,) = read("I live in Berlin", speaker="Ann", group=True)
    assert (statement.subject, statement.text) == ("Ann", "Ann lives in Berlin")
    (statement,) = read("My sister lives in Rome", speaker="Ann", group=True)
    assert (statement.key, statement.text) == ("ann sister/home", "Ann's sister lives in Rome")


def test_a_fact_is_true_since_the_date_it_names() -> None:
    (statement,) = read("I moved to Berlin last week")
    assert statement.true_from.date().isoformat() == "2026-11-09"
    assert statement.said_at == AT
    (statement,) = read("我昨天搬到了深圳")
    assert statement.true_from.date().isoformat() == "2026-11-19"
