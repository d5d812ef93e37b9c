"""Skills that bring a flow of their own."""

from __future__ import annotations

from typing import Any, ClassVar

from clawdbot.flows import Act, Branch, Case, Choice, Collect, Confirm, Flow, HandOver, Say, Timeouts
from clawdbot.skills import BaseSkill

TABLE = Flow(
    name="table",
    title={"en": "the table", "zh": "订位"},
    triggers=("book a table", "订位"),
    timeouts=Timeouts(30, 240, 7),
    steps=(
        Collect("day", "date", {"en": "On which day?", "zh": "哪一天？"}, {"en": "day", "zh": "日期"}, future=True),
        Collect("people", "integer", {"en": "For how many?", "zh": "几位？"}, {"en": "people", "zh": "人数"},
                minimum=1, maximum=8),
        Collect("seat", "choice", {"en": "Where?", "zh": "坐哪里？"}, {"en": "seat", "zh": "座位"}, choices=(
            Choice("window", {"en": "window", "zh": "靠窗"}), Choice("garden", {"en": "garden", "zh": "花园"}))),
        Collect("dog", "yes_no", {"en": "Do you bring a dog?", "zh": "带狗吗？"}, {"en": "dog", "zh": "带狗"}),
        Collect("note", "text", {"en": "Anything else?", "zh": "还有别的要求吗？"}, {"en": "note", "zh": "备注"},
                required=False),
        Confirm({"en": "I am going to book:", "zh": "我将为你预订："}),
        Act("skill", skill="self"),
    ),
)  # fmt: skip


class Table(BaseSkill):
    """Books a table."""

    name = "table"
    effects = frozenset({"outside"})
    flow: ClassVar[Flow] = TABLE

    def execute(self, context: dict[str, Any]) -> str:
        given = context["parameters"]
        return f"Booked {given['people']} on {given['day']} ({given['seat']}, {given.get('note', '-')})."


class Survey(BaseSkill):
    """Branches, and hands over."""

    name = "survey"
    flow: ClassVar[Flow] = Flow(
        name="survey",
        title={"en": "the survey", "zh": "调查"},
        triggers=("survey", "调查"),
        steps=(
            Collect("stars", "integer", {"en": "How many stars?", "zh": "几颗星？"}, minimum=1, maximum=5),
            Branch("stars", (Case("at_most", "unhappy", 2),)),
            Say({"en": "Thank you for {stars} stars!", "zh": "谢谢你的{stars}颗星！"}, next="end"),
            HandOver("unhappy", id="unhappy"),
        ),
    )

    def execute(self, context: dict[str, Any]) -> str:
        return ""


class Fruit(BaseSkill):
    """One more flow, for interruptions."""

    name = "fruit"
    flow: ClassVar[Flow] = Flow(
        name="fruit",
        title={"en": "the fruit", "zh": "水果"},
        triggers=("fruit", "水果"),
        steps=(
            Collect("kind", "choice", {"en": "Apple or pear?", "zh": "苹果还是梨？"}, choices=(
                Choice("apple", {"zh": "苹果"}), Choice("pear", {"zh": "梨"}))),
            Collect("count", "integer", {"en": "How many pieces?", "zh": "要几个？"}, maximum=20),
            Say({"en": "{count} × {kind}.", "zh": "{kind}{count}个。"}),
        ),
    )  # fmt: skip

    def execute(self, context: dict[str, Any]) -> str:
        return ""


class Asks(BaseSkill):
    """Answers with a question."""

    name = "asks"
    triggers = ("trivia", "冷知识")

    def execute(self, context: dict[str, Any]) -> str:
        return "Bees can count. Shall I tell you more?"
