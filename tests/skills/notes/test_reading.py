"""Requests to remember, questions about what is known, and sentences with the same words that are neither."""

from __future__ import annotations

import pytest

from skills.notes.reading import asked_about, to_remember

TO_REMEMBER = {
    "记住我对花生过敏": "我对花生过敏",
    "请记住，我住在成都": "我住在成都",
    "帮我记一下我的车牌是川A12345": "我的车牌是川A12345",
    "把我的生日是5月3号记下来": "我的生日是5月3号",
    "別忘了我不吃辣": "我不吃辣",
    "記住我對花生過敏": "我對花生過敏",
    "remember that I'm allergic to peanuts": "I'm allergic to peanuts",
    "Please remember my wife's name is Ann.": "my wife's name is Ann",
    "remember: the wifi code is 1234": "the wifi code is 1234",
    "Could you remember that my flight is on Friday": "my flight is on Friday",
    "don't forget that I hate mushrooms": "I hate mushrooms",
    "Note that I prefer tea": "I prefer tea",
}
NOT_TO_REMEMBER = [
    *(
        "I remember that day",
        "do you remember my name?",
        "remember me?",
        "remember when we met",
        "记住了吗",
        "我记住了",
    ),
    *("你记住我说的了吗", "remember to buy milk", "Remember that day in Paris", "记住密码怎么设置", "别忘了提醒我吃药"),
    *(
        "remember the titans",
        "I can't remember where I live",
        "记得提醒我明天开会",
        "你还记得我是谁吗",
        "记一下",
        "remember",
    ),
    *(
        "我要记住这个教训",
        "记住你是谁",
        "别忘了带伞",
        "记性不好怎么办",
        "This song makes me remember home",
        "难忘的一天",
    ),
]
ABOUT = {
    "what do you know about me": "",
    "What do you remember about me?": "",
    "你知道我什么": "",
    "你还记得我什么": "",
    "你对我了解多少": "",
    "tell me everything you know about me": "",
    "what do you know about my sister": "my sister",
    "what do you remember about Rome": "Rome",
    "what did I tell you about Bob": "Bob",
    "关于我姐姐你知道什么": "我姐姐",
    "你记得关于罗马的什么": "罗马",
    "我跟你说过关于罗马的什么": "罗马",
}
NOT_ABOUT = [
    *(
        "what do you know about Rome?",
        "what do you know about quantum physics",
        "你知道什么",
        "what do you know",
        "do you know me",
    ),
    *(
        "你知道关于量子力学的什么",
        "你记得我吗",
        "我知道什么是爱",
        "关于量子力学你知道什么",
        "you know nothing about me",
    ),
    *("what should I know about my rights", "我想了解关于保险的信息", "你知道我喜欢什么吗", "what do you remember"),
]


@pytest.mark.parametrize("text", TO_REMEMBER)
def test_what_to_remember_is_in_the_persons_words(text: str) -> None:
    assert to_remember(text) == TO_REMEMBER[text]


@pytest.mark.parametrize("text", NOT_TO_REMEMBER)
def test_a_sentence_about_remembering_is_no_request(text: str) -> None:
    assert to_remember(text) == ""


@pytest.mark.parametrize("text", ABOUT)
def test_a_question_about_the_memory(text: str) -> None:
    assert asked_about(text) == ABOUT[text]


@pytest.mark.parametrize("text", NOT_ABOUT)
def test_a_question_about_the_world_is_none_about_the_memory(text: str) -> None:
    assert asked_about(text) is None
