"""What Whisper writes for silence is taken out of a transcript; what people say stays."""

from __future__ import annotations

import pytest

from bots.speech.said_by_nobody import without


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for watching!",
        "Thanks for watching, please subscribe to my channel.",
        "Subtitles by the Amara.org community",
        "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        "請不吝點贊 訂閱 轉發 打賞支持明鏡與點點欄目",
        "字幕由 Amara.org 社群提供",
        "中文字幕志愿者 李宗盛",
        "謝謝大家觀看",
        "感谢您的收看，下期再见。",
        "[BLANK_AUDIO]",
        " (upbeat music) ",
        "♪♪♪",
        "<|zh|><|NEUTRAL|><|BGM|>",
        "。",
        "…",
        "以下是普通话的句子。",
        "시청해주셔서 감사합니다!",
        "ご視聴ありがとうございました",
        "... ... ...",
        "Teksting av Nicolai Winther",
        "Субтитры сделал DimaTorzok",
        "Untertitel der Amara.org-Community",
        "Sous-titres réalisés par la communauté d'Amara.org",
        "Napisy stworzone przez społeczność Amara.org",
        "Abone olmayı unutmayın.",
        "次の動画でお会いしましょう。",
        "Thanks for watching! Thanks for watching! Thanks for watching!",
    ],
)
def test_phrases_of_silence_are_dropped(text: str) -> None:
    assert without(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Thank you.",
        "谢谢",
        "好的",
        "Bye",
        "subscribe",
        "Can you make subtitles for my video?",
        "Kannst du Untertitel einschalten?",
        "我想订阅你们的杂志",
        "怎么取消订阅？",
        "字幕制作要多少钱？",
        "Thanks for listening to me yesterday, it helped.",
        "Please play some music (not too loud)",
        "谢谢你昨天的帮助，我妈妈很高兴。",
        "哈哈哈哈哈哈哈",
        "my number is 88888888888888888",
        "no no no, on Friday",
        "Remind me to watch the video about subtitles.",
    ],
)
def test_what_people_say_stays(text: str) -> None:
    assert without(text) == text


def test_short_thanks_count_as_silence_only_where_the_recognizer_doubts() -> None:
    assert without("Thank you.", doubtful=True) == ""
    assert without("谢谢。", doubtful=True) == ""
    assert without("you you you you", doubtful=True) == ""
    assert without("Thank you for the book.", doubtful=True) == "Thank you for the book."


def test_phrases_at_the_ends_of_real_speech_are_cut_off() -> None:
    assert without("明天下午三点提醒我开会。谢谢观看。") == "明天下午三点提醒我开会。"
    assert without("[music] Call my sister. Thanks for watching!") == "Call my sister."


def test_a_loop_is_said_once() -> None:
    assert without("Call me tomorrow. " + "I am at home. " * 30).count("I am at home") == 1
    assert without("明天下午三点" + "地下午三点" * 40).count("下午三点") == 2
    assert without("好" * 200) == "好"
