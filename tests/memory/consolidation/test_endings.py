"""Facts are closed by their end or correction, and nothing becomes a fact that a person does not say of themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from memory.consolidation import rules
from memory.consolidation.episodes import Episode, Line
from memory.consolidation.optimize import optimize
from memory.models import MemoryEntry
from memory.store import MemoryStore
from tests.memory.builders import facts, person, talk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only")]

ENDED = [
    ("I live in Leeds", "I moved out of Leeds", "lives in"),
    ("I live in Leeds", "We moved away last week.", "lives in"),
    ("I live in Leeds", "I used to live in Leeds.", "lives in"),
    ("I live in Leeds", "We moved to a small village by the sea.", "lives in"),
    ("I work at Nokia", "I quit.", "works at"),
    ("I work at Nokia", "I quit my job, finally!", "works at"),
    ("I work at Nokia", "They laid me off, the boss said it was the budget.", "works at"),
    ("I'm a teacher", "I retired in June.", "works as"),
    ("I'm a vegetarian", "I eat meat again", "is vegetarian"),
    ("I'm vegan", "I'm no longer vegan", "is vegan"),
    ("I'm allergic to kiwi", "The test showed that I'm not allergic to kiwi after all.", "is allergic"),
    ("I'm allergic to milk", "I have outgrown my milk allergy", "is allergic"),
    ("I love black coffee", "My doctor told me to give up coffee.", "likes"),
    ("I love Chinese food", "I hate Chinese food", "likes"),
    ("I hate olives", "I don't hate olives any more", "does not like"),
    ("My girlfriend is called Ida", "Ida and I broke up.", "girlfriend is called"),
    ("I'm married", "The divorce came through.", "is married"),
    ("My cat is called Mimi", "Mimi passed away yesterday.", "has a cat"),
    ("My dog is called Bo", "We had to put Bo down.", "has a dog"),
    ("My boss is called Frank", "Frank left the company.", "boss is called"),
    ("I study physics", "I dropped out.", "studies"),
    ("我住在南京", "我已经不住南京了", "对方住在南京"),
    ("我住在上海", "我把上海的房子退租了", "住在"),
    ("我在京东工作", "我上周被裁了，打算休息一阵", "在京东工作"),
    ("我在京东工作", "我從京東離職了", "在京东工作"),
    ("我是一名护士", "我不当护士了", "职业是"),
    ("我是素食者", "我又开始吃肉了", "是素食者"),
    ("我对虾过敏", "医生说之前弄错了，虾过敏已经好了", "对虾过敏"),
    ("我喜欢喝咖啡", "医生让我戒了咖啡", "喜欢"),
    ("我讨厌香菜", "我现在不讨厌香菜了", "不喜欢"),
    ("我男朋友叫阿强", "我跟阿强分手了", "男朋友叫"),
    ("我的猫叫豆豆", "豆豆送人了", "猫叫"),
    ("我的狗叫旺财", "旺财昨天走了，我好难过", "狗叫"),
    ("我叫王小红", "我改名叫王思雨了", "王小红"),
]
STAYS = [
    ("I live in Leeds", "I moved the sofa to the garage", "lives in Leeds"),
    ("I live in Leeds", "My office moved last week", "lives in Leeds"),
    ("I live in Leeds", "My sister moved to Naples", "The person lives in Leeds"),
    ("I live in Leeds", "If we moved out of Leeds I would cry", "lives in Leeds"),
    ("I work at Nokia", "I want to quit my job", "works at Nokia"),
    ("I work at Nokia", "I quit smoking", "works at Nokia"),
    ("I work at Nokia", "Should I quit?", "works at Nokia"),
    ("I work at Nokia", "In my novel I quit my job", "works at Nokia"),
    ("My cat is called Mimi", "My phone died", "has a cat called Mimi"),
    ("My cat is called Mimi", "I'm dead", "has a cat called Mimi"),
    ("My girlfriend is called Ida", "Tom and Ida broke the vase", "girlfriend is called Ida"),
    ("My girlfriend is called Ida", "My brother and his wife split up", "girlfriend is called Ida"),
    ("我住在苏州", "我把电脑搬到书房了", "住在苏州"),
    ("我在京东工作", "要是我辞职了怎么办", "在京东工作"),
    ("我在京东工作", "我朋友离职了", "在京东工作"),
    ("我的狗叫旺财", "我走了，再见", "狗叫旺财"),
    ("我的狗叫旺财", "我的手机死机了", "狗叫旺财"),
    ("我叫李雷", "今天太累了，我叫了外卖", "对方叫李雷"),
]
NEVER = [
    "In the novel I write, I live in Atlantis.",
    "My character lives in Mordor. His dog is called Fang. I have a dog named Fang.",
    "I had a dream. I live in Rome and I'm married.",
    "Translate into French: I work at Renault.",
    "Just kidding, I'm a millionaire and I live in Monaco.",
    "The song goes: I live in Ohio",
    "Let's role-play: I'm a pirate and I live in Tortuga",
    "Suppose I live in Oslo and I work at Equinor.",
    "> I live in Paris",
    "I moved to iPhone last year.",
    "We moved to AWS",
    "I moved to GitHub",
    "We moved to Thursday",
    "I moved to Windows 11",
    "Call me Tomorrow",
    "请叫我起床",
    "今天太累了，我叫了外卖。",
    "我叫了个车",
    "我叫滴滴去机场",
    "我家猫叫了一晚上",
    "我的猫叫个不停",
    "我是你的主人",
    "我是好人",
    "我是过来人",
    "我写的小说里，我住在长安，我叫李白",
    "昨晚做梦，我住在月球上",
    "翻译成英文：我在丰田工作，我对芒果过敏",
    "假如我住在东京，我天天吃寿司",
    "我们搬到阿里云了",
    "开玩笑的，我是一名医生",
]


@pytest.mark.parametrize(("told", "ends", "stale"), ENDED)
def test_an_end_closes_the_fact(told: str, ends: str, stale: str) -> None:
    ann = person()
    talk(ann, told, days_ago=60)
    optimize(ann.bot_id)
    assert any(stale in text for text in facts(ann)) or stale == "王小红"
    talk(ann, ends, days_ago=8)
    optimize(ann.bot_id)
    assert not [text for text in facts(ann) if stale in text]
    assert MemoryEntry.objects.for_person(ann.bot_id, ann.person_id).filter(kind="fact").exclude(valid_to=None).exists()


@pytest.mark.parametrize(("told", "other", "kept"), STAYS)
def test_what_ends_something_else_or_only_might_closes_nothing(told: str, other: str, kept: str) -> None:
    ann = person()
    talk(ann, told, days_ago=60)
    talk(ann, other, days_ago=8)
    optimize(ann.bot_id)
    assert any(kept in text for text in facts(ann))


@pytest.mark.parametrize("text", NEVER)
def test_idioms_fiction_quotations_and_things_are_no_facts(text: str) -> None:
    ann = person()
    talk(ann, text)
    optimize(ann.bot_id)
    assert facts(ann) == []


def test_a_role_play_lasts_until_somebody_ends_it() -> None:
    ann = person()
    talk(
        ann,
        "Let's role-play, I'm a pirate",
        "My name is Edward",
        "I live in Tortuga",
        "Let's stop the role-play",
        "I live in Ghent",
    )
    optimize(ann.bot_id)
    assert facts(ann) == ["The person lives in Ghent"]


def test_a_new_fact_in_the_same_breath_stands() -> None:
    ann = person()
    talk(ann, "I work at Siemens", days_ago=60)
    talk(ann, "I quit Siemens and now I'm at Bosch.", days_ago=8)
    optimize(ann.bot_id)
    assert facts(ann) == ["The person works at Bosch"]


def test_not_allergic_after_all_is_one_fact() -> None:
    ann = person()
    talk(ann, "I'm allergic to peanuts.", days_ago=60)
    talk(ann, "the test shows I'm not allergic to peanuts after all.", days_ago=8)
    optimize(ann.bot_id)
    assert facts(ann) == ["The person is not allergic to peanuts"]


def test_moved_last_month_is_later_than_what_was_said_in_that_month() -> None:
    ann = person()
    now = timezone.now()
    first_of_month = now.replace(day=1)
    in_last_month = (now - (first_of_month - timedelta(days=10))).days
    talk(ann, "I live in Munich", days_ago=in_last_month)
    talk(ann, "We moved to Berlin last month", days_ago=0)  # an earlier hour may be of another month
    optimize(ann.bot_id, now=timezone.now() + timedelta(days=0.5))
    assert facts(ann) == ["The person lives in Berlin"]


def test_a_closed_fact_opens_again_when_the_end_is_erased_and_when_it_is_true_again() -> None:
    ann = person()
    talk(ann, "I live in Dublin", days_ago=60)
    [end] = talk(ann, "I don't live in Dublin anymore", days_ago=20)
    optimize(ann.bot_id)
    assert "The person lives in Dublin" not in facts(ann)
    MemoryStore(ann.bot_id).erase(ann, [end])
    assert facts(ann) == ["The person lives in Dublin"]
    optimize(ann.bot_id)
    assert facts(ann) == ["The person lives in Dublin"]


def test_in_a_group_only_the_speakers_fact_ends() -> None:
    at = timezone.now()
    lines = tuple(
        Line(n, "s", "user", who, "I quit my job", at, at.date(), None) for n, who in enumerate(("Ann", "Ben"))
    )
    found = rules.endings(Episode(lines), group=True)
    for number, own in enumerate(("ann", "ben")):
        mine = [ending for ending in found if ending.source == number]
        closed = {who for who in ("ann", "ben", "self") if any(one.closes(f"{who}/employer", "nokia") for one in mine)}
        assert closed == {own}
