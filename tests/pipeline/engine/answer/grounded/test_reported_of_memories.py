"""What people report of bots that remember: corrections that do not hold, others' facts, lost follow-ups."""

from __future__ import annotations

import pytest

from skills.seed import seed_built_in
from tests.builders import answers, make_channel, say

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("words_only"),
]


def talk(*texts: str) -> list[str]:
    seed_built_in()
    channel = make_channel()
    for text in texts:
        say(channel, text)
    return answers()


@pytest.mark.parametrize(
    ("told", "corrected", "asked", "now", "before"),
    [
        ("my flight leaves from LGA on friday", "oh, i meant JFK", "where does my flight leave from", "JFK", "LGA"),
        ("my favourite sport is cricket", "my favourite sport is chess now", "my favourite sport?", "chess", "cricket"),
        ("the staging database is postgres", "not postgres but mysql", "which staging database", "mysql", "postgres"),
        ("team lunch is on tuesday at noon", "lunch moved to thursday", "when is team lunch", "thursday", "tuesday"),
        ("项目用的数据库是PostgreSQL", "不是PostgreSQL，是MySQL", "项目用什么数据库", "MySQL", "PostgreSQL"),
        ("周五下午三点开会", "会议改到周四了", "什么时候开会", "周四", "周五"),
    ],
)  # fmt: skip
def test_a_correction_takes_the_place_of_what_it_corrects(
    told: str, corrected: str, asked: str, now: str, before: str
) -> None:
    said = talk(told, corrected, asked)[2]
    assert now in said
    assert before not in said


def test_what_is_told_of_a_friend_is_not_true_of_the_person() -> None:
    said = talk(
        "my good friend jack doesn't like football, his father signed him up for a class",
        "do i like football?",
        "what does jack not like",
    )
    assert "you do not like football" not in said[1].lower()
    assert "football" in said[2]


def test_whom_a_question_names_is_not_the_person() -> None:
    said = talk("what are the numbers of user Christophe?", "what is my name?")
    assert "Christophe" not in said[1]


def test_a_pet_of_a_relative_is_not_the_persons_own() -> None:
    said = talk(
        "my cousin's new dog is called Fido",
        "i've got a dog called Xena",
        "what is my cousin's dog called again?",
        "what's my dog's name?",
    )
    assert "Fido" in said[2]
    assert "Xena" not in said[2]
    assert "Xena" in said[3]
    assert "Fido" not in said[3]


def test_a_follow_up_keeps_the_question_and_changes_whom_it_is_about() -> None:
    said = talk(
        "my brother works at a bakery and my sister works at a bank",
        "where does my brother work?",
        "and my sister?",
        "我姐住成都，我弟住武汉",
        "我姐住哪",
        "那我弟呢",
    )
    assert "bakery" in said[1]
    assert "bank" in said[2]
    assert "bakery" not in said[2]
    assert "成都" in said[4]
    assert "武汉" in said[5]
    assert "成都" not in said[5]


def test_two_similar_questions_have_two_answers() -> None:
    said = talk(
        "the club has seven courts and three coaches",
        "how many courts",
        "how many coaches",
        "两门课：英语80分，数学95分",
        "数学多少分",
    )
    assert "seven" in said[1]
    assert "three" in said[2]
    assert "95" in said[4]
    assert "80" not in said[4]


def test_a_question_is_never_quoted_as_an_answer() -> None:
    said = talk("where did i leave my umbrella", "wheres my umbrella??", "我的伞放哪了", "伞在哪")
    assert not [one for one in said if "left" in one or "You told me" in one or "你今天告诉我" in one]


@pytest.mark.parametrize(
    ("texts", "result"),
    [
        (("12 pizzas at 9.50 each how much", "split by 6"), "= 19"),
        (("my rent is 950 a month", "how much is that a year"), "= 11,400"),
        (("200块一节课 12节多少",), "= 2,400"),
        (("我两个孩子，老大9岁，老二5岁", "俩孩子加起来几岁"), "= 14"),
    ],
)
def test_sums_in_words_are_worked_out(texts: tuple[str, ...], result: str) -> None:
    assert talk(*texts)[-1].endswith(result)
