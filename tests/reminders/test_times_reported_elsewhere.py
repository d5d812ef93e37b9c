"""Times in words that other products take wrongly, said in a chat: each becomes the right row, or a question."""

from __future__ import annotations

from datetime import UTC

import pytest
from django.utils import timezone

from bots.models import Message, Schedule
from skills import catalogue, seed
from tests.builders import make_channel, say
from tests.reminders.builders import BEGIN, make_chat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

Row = tuple[str, str, str]  # first wall time, rule, task
# It is Monday, 30 November 2026, ten in the morning in Shanghai.
ROWS: dict[str, Row] = {
    # seveneightn9ne/keybase-reminder-bot#54 and #48
    "remind me every 3rd Friday at 10 to pay": ("2026-12-18T10:00", "FREQ=MONTHLY;BYDAY=3FR", "pay"),
    "remind me to stretch at 9am every Monday": ("2026-12-07T09:00", "FREQ=WEEKLY;BYDAY=MO", "stretch"),
    # scottleedavis/mattermost-plugin-remind#23
    "remind me to swim every Monday and Wednesday at noon": ("2026-11-30T12:00", "FREQ=WEEKLY;BYDAY=MO,WE", "swim"),
    # facebook/duckling#104, dueapp/Due-macOS#5
    "remind me Friday the 13th at 9 to hide": ("2027-08-13T09:00", "", "hide"),
    "remind me on Tuesday, December 1st at 9 to call": ("2026-12-01T09:00", "", "call"),
    "remind me Thursday 8am to call": ("2026-12-03T08:00", "", "call"),
    # zeke/remind-me#7, kvh/parsedatetime#2, facebookarchive/duckling_old#175
    "remind me that tea is ready in 20 minutes": ("2026-11-30T10:20", "", "tea is ready"),
    "remind me in half an hour to stretch": ("2026-11-30T10:30", "", "stretch"),
    "remind me in an hour and a half to stretch": ("2026-11-30T11:30", "", "stretch"),
    # wanasit/chrono#401, matthewmueller/date#18
    "remind me at quarter to eight tonight to eat": ("2026-11-30T19:45", "", "eat"),
    "remind me 5 past seven tomorrow morning to eat": ("2026-12-01T07:05", "", "eat"),
    # Mayerch1/RemindmeBot#5, CubicrootXYZ/RemindMe#139
    "remind me at 9am to call": ("2026-12-01T09:00", "", "call"),
    "remind me every 2 weeks on Friday at 3pm to pay": ("2026-12-04T15:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "pay"),
    # NoDeskAI/nodeskclaw#165 and #166, shinyke/Time-NLP#14, iguangyu/text2cron#2, FloatTech/ZeroBot-Plugin#20
    "10分钟后提醒我核对表格": ("2026-11-30T10:10", "", "核对表格"),
    "晚上10点提醒我开会": ("2026-11-30T22:00", "", "开会"),
    "明天下午两点半之后提醒我打电话": ("2026-12-01T14:30", "", "打电话"),
    "每周一三五晚上七点提醒我健身": ("2026-11-30T19:00", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "健身"),
}
ASKED = {
    # anoadragon453/matrix-reminder-bot#54, shinyke/Time-NLP#3, facebook/duckling#275
    "remind me on Thursday to stretch": "At what time?",
    "下星期提醒我吃饭": "哪一天，几点？",
    "remind me in 3 business days to call": "On which day, and at what time?",
    "三个工作日后提醒我付款": "哪一天，几点？",
    "remind me Sunday, 5 May at 8 to walk": "There is no such day.",
    "remind me on 31 February at 9 to pay": "There is no such day.",
    "remind me tomorrow at 25:00 to call": "At what time?",
    "1030提醒我喝水": "什么时候提醒你？",
    "remind me last Friday at 9 to call": "That time is over.",
}


def test_what_is_said_in_a_chat_becomes_this_row_or_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: BEGIN.astimezone(UTC))
    seed.seed_built_in()
    catalogue.clear_cache()
    channel = make_channel()
    wrong = []
    for number, text in enumerate((*ROWS, *ASKED)):
        chat = make_chat(channel, f"p{number}")
        said = say(channel, text, chat=f"p{number}", chat_type="private")
        (answer,) = Message.objects.filter(inbound=said, role="assistant").values_list("text", flat=True)
        rows = [(str(row.local)[:16], row.rule, row.text) for row in Schedule.objects.filter(person=chat.person)]
        right = rows == [ROWS[text]] if text in ROWS else not rows and answer.startswith(ASKED[text])
        if not right:
            wrong.append((text, rows, answer))
    assert not wrong, "\n".join(map(str, wrong))
