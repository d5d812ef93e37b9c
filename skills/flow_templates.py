"""Two flows to begin with: book an appointment, open a support ticket. In both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def _collect(slot: str, type_: str, en: str, zh: str, name_en: str, name_zh: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "collect",
        "slot": slot,
        "type": type_,
        "question": {"en": en, "zh": zh},
        "label": {"en": name_en, "zh": name_zh},
        **more,
    }


_APPOINTMENT: dict[str, Any] = {
    "title": {"en": "the appointment", "zh": "预约"},
    "description": "Books an appointment: day, time, name, telephone number.",
    "steps": [
        _collect("day", "date", "On which day would you like to come?", "你想哪一天来？", "day", "日期", future=True),
        _collect(
            "time", "time", "At what time? We are open from 9 to 18 o'clock.", "几点？我们的营业时间是 9 点到 18 点。",
            "time", "时间", minimum="09:00", maximum="18:00",
        ),
        _collect("name", "text", "Under which name?", "请问怎么称呼你？", "name", "姓名", shortest=1, longest=60),
        _collect("phone", "phone", "At which number can we reach you?", "你的电话号码是多少？", "telephone", "电话"),
        _collect(
            "note", "text", "Anything we should know? You can skip this.", "还有什么要告诉我们的吗？可以跳过。",
            "note", "备注", required=False, longest=300, free=True,
        ),
        {"kind": "confirm", "question": {"en": "I am going to book this:", "zh": "我将为你预约："}},
        {
            "kind": "act",
            "do": "hand_over",
            "reason": "Appointment",
            "text": {
                "en": "Thank you, {name}. We have noted {day} at {time}, and somebody confirms it to you here.",
                "zh": "谢谢你，{name}。我们记下了 {day} {time}，稍后会有人在这里和你确认。",
            },
        },
    ],
}  # fmt: skip

_TICKET: dict[str, Any] = {
    "title": {"en": "the ticket", "zh": "工单"},
    "description": "Opens a support ticket: product, urgency, description, e-mail address.",
    "steps": [
        _collect(
            "topic", "choice", "What is it about?", "是哪方面的问题？", "topic", "类别",
            choices=[
                {"value": "order", "label": {"en": "an order", "zh": "订单"}},
                {"value": "technical", "label": {"en": "a technical problem", "zh": "技术问题"}},
                {"value": "other", "label": {"en": "something else", "zh": "其他"}},
            ],
        ),
        _collect(
            "order", "text", "Which order number?", "订单号是多少？", "order number", "订单号",
            pattern="[A-Za-z0-9-]{4,20}",
            hint={"en": "An order number has 4 to 20 letters and digits.", "zh": "订单号由 4 到 20 个字母和数字组成。"},
        ),
        _collect(
            "problem", "text", "Please describe the problem.", "请描述一下问题。", "problem", "问题",
            shortest=5, longest=2000, free=True,
        ),
        _collect("urgent", "yes_no", "Is it urgent?", "紧急吗？", "urgent", "紧急"),
        _collect(
            "email", "email", "To which e-mail address may we answer?", "我们可以回复到哪个邮箱？", "e-mail", "邮箱",
        ),
        {"kind": "confirm", "question": {"en": "I am going to open this ticket:", "zh": "我将提交这个工单："}},
        {
            "kind": "act",
            "do": "hand_over",
            "reason": "Ticket",
            "text": {
                "en": "Thank you. We take care of it and write to {email}.",
                "zh": "谢谢，我们会尽快处理，并写信到 {email}。",
            },
        },
    ],
}  # fmt: skip
# Only an order has a number.
_TICKET["steps"].insert(
    1, {"kind": "branch", "slot": "topic", "cases": [{"test": "is_not", "value": "order", "goto": "problem"}]}
)

TEMPLATES: Mapping[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "appointment": (("book an appointment", "make an appointment", "预约", "约个时间"), _APPOINTMENT),
    "ticket": (("open a ticket", "report a problem", "提交工单", "报修"), _TICKET),
}
"""Trigger words and definition by name. Both end with a person of the team, so that they work without a receiver."""
