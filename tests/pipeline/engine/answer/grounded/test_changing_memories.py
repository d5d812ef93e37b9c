"""What a person changes, takes back, adds up or keeps as a list during a talk is answered as it is now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bots.pipeline.engine.answer.grounded import amending, clauses, declining, forgetting, lists, ranking, words
from bots.pipeline.engine.answer.grounded.fact import Fact
from bots.pipeline.engine.answer.grounded.facts import Said
from skills.seed import seed_built_in
from tests.builders import answers, make_channel, say

Talk = Callable[..., str]
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]


@pytest.fixture
def talk() -> Talk:
    seed_built_in()
    channel = make_channel()

    def after(*texts: str) -> str:
        for text in texts:
            say(channel, text)
        return answers()[-1]

    return after


def said(*texts: str) -> list[Said]:
    return [Said(number, text, NOW, NOW.date()) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("texts", "has", "lacks"),
    [
        (
            ("the eye test is on the 3rd of March", "Sorry, they moved it. It's the 17th of March", "when is it?"),
            "17th", "3rd",
        ),
        (
            ("We're cycling to Delft with my uncle", "He changed the place, so it's going to be Leiden",
             "where are we cycling to?"),
            "Leiden", "Delft",
        ),
        (
            ("we are getting a corgi in May", "we ended up with a beagle instead", "what dog are we getting?"),
            "beagle", "corgi",
        ),
        (("我儿子今年11岁", "不对，上周刚过了生日，12了", "我儿子多大"), "12", "11"),
        (("给女儿买了只鹦鹉，叫豆豆", "我弄错了，店里说豆豆是画眉", "豆豆是什么鸟"), "画眉", "鹦鹉"),
        (("我们的船叫海风", "船的名字改成了远航", "我们的船叫什么"), "远航", "海风"),
    ],
)  # fmt: skip
def test_what_is_said_later_in_other_words_takes_the_place_of_the_old_value(
    talk: Talk, texts: tuple[str, ...], has: str, lacks: str
) -> None:
    answer = talk(*texts)
    assert has in answer
    assert lacks not in answer


def test_a_correction_that_is_a_sentence_of_its_own_is_not_pushed_into_another_one() -> None:
    mended = amending.amended(said("买了一条金鱼，叫泡泡", "我搞错了，卖鱼的说泡泡是锦鲤"))
    assert [one.text for one in mended] == ["买了一条金鱼，叫泡泡", "我搞错了，卖鱼的说泡泡是锦鲤"]


@pytest.mark.parametrize(
    ("texts", "lacks"),
    [
        (("I earn 3100 a month", "I'd rather you didn't know. Forget what I earn", "how much do I earn?"), "3100"),
        (("my GP is Dr Oduya. She is at the Elm Clinic", "forget my GP", "where is my GP?"), "Elm Clinic"),
        (("我身高是172", "算了，这个你别记了，把我的身高忘掉", "我多高"), "172"),
        (("我以前喝酒，2019年戒的", "喝酒的事你忘了吧", "我哪年戒的酒"), "2019"),
    ],
)  # fmt: skip
def test_what_was_taken_back_is_not_said_again_nor_what_goes_on_from_it(
    talk: Talk, texts: tuple[str, ...], lacks: str
) -> None:
    assert lacks not in talk(*texts)


def test_other_things_stay_when_something_is_taken_back(talk: Talk) -> None:
    talk("我对花生过敏，养了一只乌龟", "花生的事你忘了吧")
    assert "乌龟" in talk("我养了什么")


def test_a_stored_fact_on_a_topic_that_was_taken_back_is_not_used() -> None:
    facts = [Fact("self", "my salary", "3100", NOW, "is", "My salary is 3100"), Fact("self", "home", "Bonn", NOW)]
    assert forgetting.facts_without(facts, said("forget my salary")) == facts[1:]
    assert forgetting.facts_without(facts, said("my salary is fine")) == facts


@pytest.mark.parametrize(
    ("topic", "text"),
    [("earn", "forget what I earn"), ("live", "please forget where I live"), ("体重", "这个别记了，把我的体重忘掉")],
)
def test_a_request_to_forget_names_its_topic_in_many_ways(topic: str, text: str) -> None:
    assert forgetting.topic(text) == topic


@pytest.mark.parametrize(
    ("texts", "has", "lacks"),
    [
        (("My brother keeps bees in Kent", "what do you know about my sister?"), "nothing about", "bees"),
        (("My brother keeps bees in Kent", "what do you know about my brother?"), "bees", "nothing about"),
        (("我哥在苏州开茶馆", "我妹妹在哪里工作", "哦，她在昆明当导游", "我妹妹在哪个城市"), "昆明", "苏州"),
        (("我是右撇子", "我叫什么"), "没有告诉", "你叫右撇子"),
        (("My twin sister is left-handed", "what's my prescription?"), "not told me", "twin"),
        (("I take 5 mg of bisoprolol at night", "what medicine should I take for a cough?"), "doctor", "bisoprolol"),
    ],
)  # fmt: skip
def test_what_was_not_told_of_somebody_is_not_answered_with_others(
    talk: Talk, texts: tuple[str, ...], has: str, lacks: str
) -> None:
    answer = talk(*texts)
    assert has in answer
    assert lacks not in answer


@pytest.mark.parametrize(
    ("texts", "has"),
    [
        (("I take 5 mg of bisoprolol at night", "What medicine am I on?"), "bisoprolol"),
        (("I share a greyhound with my neighbour", "do I have a dog?"), "greyhound"),
        (("I have a huge ficus and two orchids", "name the plants I own"), "ficus"),
        (("I'm in my third year of chemistry at Leeds", "what do I study?"), "chemistry"),
        (("I'm only a bookkeeper myself", "what do I do?"), "bookkeeper"),
        (("the pan says 200 celsius, how much is that in Fahrenheit?",), "392"),
        (("下周三去新单位报到，在科技园9号楼", "我新单位在几号楼"), "9号楼"),
        (("我和双胞胎弟弟都会游泳", "他在大连当海员", "我弟弟是做什么的"), "海员"),
    ],
)  # fmt: skip
def test_what_was_told_in_other_words_answers(talk: Talk, texts: tuple[str, ...], has: str) -> None:
    assert has in talk(*texts)


def test_a_comparison_quotes_both(talk: Talk) -> None:
    answer = talk("Two boys, Piet is eleven and Joost turned seven in June", "which one is older?")
    assert "Piet is eleven" in answer
    assert "Joost turned seven" in answer


@pytest.mark.parametrize(
    ("texts", "has", "lacks"),
    [
        (
            ("shopping list: flour, plums", "also add yeast", "and cream please", "take the plums off",
             "what's on my shopping list?"),
            "flour, yeast, cream", "plums",
        ),
        (("I need to buy nails and glue", "add some tape", "what do I need to buy?"), "nails, glue, tape", "told me"),
        (("购物清单：豆腐、葱", "再加点姜", "去掉葱", "购物清单上有什么"), "豆腐，姜", "葱"),
        (("我要带雨伞、护照和充电器", "充电器不用带了", "我要带什么"), "雨伞，护照", "充电器"),
    ],
)  # fmt: skip
def test_a_list_is_told_as_it_is_now(talk: Talk, texts: tuple[str, ...], has: str, lacks: str) -> None:
    answer = talk(*texts)
    assert has in answer
    assert lacks not in answer


@pytest.mark.parametrize(
    "later", ["and my sister likes plums", "and she lives in Rome", "add me to the group", "还有我妹妹住在罗马"]
)
def test_a_statement_is_no_item_of_a_list(later: str) -> None:
    assert lists.now(said("shopping list: flour, plums", later))[0].items == ["flour", "plums"]


def test_without_a_list_nothing_is_added(talk: Talk) -> None:
    assert "list" not in talk("add milk").lower()
    assert lists.answer("what's on my list?", said("my list of fears is long?")) == ""


@pytest.mark.parametrize(
    ("texts", "asked", "has"),
    [
        (("I spent 12 euros on lunch", "and 30 on books"), "how much did I spend in total?", "12 + 30 = 42"),
        (("I ran 5 km on Monday", "ran another 7 km today"), "how many km did I run in total?", "5 + 7 = 12"),
        (("午饭花了25", "打车花了18"), "今天一共花了多少", "25 + 18 = 43"),
    ],
)  # fmt: skip
def test_numbers_of_several_messages_are_added(talk: Talk, texts: tuple[str, ...], asked: str, has: str) -> None:
    assert has in talk(*texts, asked)


@pytest.mark.parametrize(
    ("texts", "has", "lacks"),
    [
        (("My favourite car is a Fox", "My current favourite car is a VW", "what's my favourite car?"), "VW", "Fox"),
        (("we keep it in redis", "we migrated it from redis to etcd", "where do we keep it?"), "etcd", "in redis"),
        (("my son is 4", "my son turned 5 yesterday", "how old is my son?"), "5", "4"),
        (("I live in Oslo", "actually go back to the start", "where do I live?"), "Oslo", "go back"),
        (("我爱喝可乐", "我爱喝豆浆"), "豆浆", "可乐"),
        (("我朋友小林说他讨厌足球", "我讨厌什么"), "没有告诉", "你讨厌"),
        (("我姐姐35岁弟弟28岁", "我弟弟多大"), "28", "35"),
        (("add eggs to the list", "remove plums from the list", "what is on my list?"), "eggs", "plums"),
        (("add eggs to the shopping list", "add eggs", "what is on my list?"), "list: eggs.", "eggs, eggs"),
        (("I love rice", "I need to buy rice and soap", "remove the rice", "what do I love?"), "rice", "not told"),
        (("I bought tea for 4 euros", "I bought a pen for 15 euros", "how much did I spend in total?"), "= 19", "told"),
    ],
)  # fmt: skip
def test_what_people_report_of_other_memories_is_right_here(
    talk: Talk, texts: tuple[str, ...], has: str, lacks: str
) -> None:
    answer = talk(*texts)
    assert has in answer
    assert lacks not in answer


@pytest.mark.parametrize(
    "texts",
    [
        ("I paid 700 a month for rent", "I paid 30 for a hat"),
        ("I paid 12 euros for lunch", "I paid 20 dollars for a hat"),
        ("I paid 12 euros for lunch", "my sister paid 50 for dinner"),
    ],
)
def test_what_cannot_be_added_is_not(talk: Talk, texts: tuple[str, ...]) -> None:
    assert "=" not in talk(*texts, "how much did I pay in total?")


def test_how_a_text_was_read_is_the_same_for_everybody_and_kept_apart_from_whom_it_is_about() -> None:
    clauses.clear_cache()
    first, _focus = clauses.told(said("my son is Ivo", "he is 9"))
    second, _focus = clauses.told(said("my daughter is Una", "my uncle is Bo", "he is 9"))
    assert first[-1].owners >= {"son"}
    assert second[-1].owners >= {"uncle"}
    assert clauses.told(said("he is 9"))[0][-1].owners == frozenset()


def test_words_that_are_equal_have_one_hash() -> None:
    assert {*words.of("my cello"), *words.of("a cello")} == set(words.of("cello"))


def test_the_message_before_is_shown_only_when_it_may_be_meant() -> None:
    told, _focus = clauses.told(said("my brother is in Ghent", "and my sister?", "she is in Bruges"))
    shown = ranking.complete(told[-1:], ranking.passages(told), ["my brother is in Ghent", "", "she is in Bruges"])
    assert [one.text for one in shown] == ["she is in Bruges"]


@pytest.mark.parametrize(("text", "advice"), [("what medicine should I take", True), ("which pills do I take", False)])
def test_advice_is_told_from_what_was_told(text: str, advice: bool) -> None:
    assert declining.seeks_advice(text) is advice
