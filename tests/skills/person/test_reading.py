"""A message that asks for a human, and sentences that only hold such a word."""

from __future__ import annotations

import pytest

from skills.person.reading import asks


@pytest.mark.parametrize(
    "text",
    [
        *(
            "人工",
            "转人工",
            "人工客服",
            "我要找真人",
            "请帮我转人工客服",
            "轉人工",
            "我想和真人聊聊",
            "有客服吗",
            "转人工！！",
        ),
        *("talk to a human", "I want to speak to a real person", "human please", "Can I talk to someone?", "operator"),
        *("connect me to an agent", "can I speak with a person please", "put me through to customer service"),
        *("I need to talk to a human being", "live agent", "Could you transfer me to a representative?"),
    ],
)
def test_a_request_for_a_human(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "人工智能是什么",
            "人工费多少",
            "人工湖在哪",
            "他是真人吗",
            "你是真人吗",
            "客服电话是多少",
            "我是客服",
            "我要当客服",
        ),
        *(
            "a human being",
            "the human body",
            "I am a human",
            "I met a person",
            "someone",
            "manager",
            "human rights",
            "person",
        ),
        *(
            "I talked to a person yesterday",
            "real person or bot?",
            "the agent was rude",
            "you are not human",
            "support",
        ),
        *("are you human?", "Talk to my manager about it for me", "这段文字是人工翻译的吗", "真人版电影好看吗"),
    ],
)
def test_a_sentence_with_such_a_word(text: str) -> None:
    assert not asks(text)
