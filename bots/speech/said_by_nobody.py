"""Takes out of a transcript what nobody said: the phrases that Whisper writes for silence, marks of sounds, loops."""

from __future__ import annotations

import re
import unicodedata

from clawdbot.chinese import simplified

# Learned from subtitles. Nobody says these to a bot.
_PHANTOMS = (
    r"(?:thanks?|thank you)(?: you)?(?: all)?(?: so much| very much)? for (?:watching|viewing)(?: this video)?"
    r"|(?:please |don t forget to )?(?:like (?:and|share and) )*subscribe to (?:my|our|the|this) channel"
    r"|(?:please )?like(?: comment)? and subscribe"
    r"|(?:i ll )?see you (?:guys )?in the next (?:video|episode)"
    r"|(?:subtitles?|captions?|captioning|transcription|transcribed|translated) (?:created |made |provided )?by "
    r"(?:https )?(?:the )?(?:amara|castingwords|otter|rev com|zeoranger|esa|sdi).{0,40}"
    r"|(?:中文|繁体|简体)?字幕(?:由.{1,20}(?:提供|制作)|志愿者.{0,20}|by.{1,20})|.{0,8}amara org.{0,12}"
    r"|请不吝点赞.{0,40}|.{0,8}明镜与点点.{0,12}"
    r"|.{0,20}(?:点赞|订阅|转发|打赏)(?: ?(?:点赞|订阅|转发|打赏|支持)){2,}.{0,20}"
    r"|(?:非常)?(?:谢谢|感谢|多谢)(?:大家|您|你们?|各位)?的?(?:观看|收看|收听)(?:本视频|本期节目| ?下(?:期|次|集)再见)?"
    r"|(?:优优|优独|yoyo).{0,20}(?:剧场|频道|televi).{0,30}"
    r"|teksting av .{2,30}|субтитры (?:сделал|создавал|делал|подогнал).{2,30}|продолжение следует"
    r"|(?:untertitel|sous titres?|subt[ií]tulos|legendas|napisy|sottotitoli|ondertitel\w*|undertexter|субтитры|altyazı)"
    r".{0,40}(?:amara org|zdf|srf|swr|radio canada|qtss).{0,30}"
    r"|abone olmayı unutmayın|izlediğiniz için teşekkür(?:ler| ederim)|次の.{2}でお.いしましょう"
    r"|以下是普通话的句子|시청해 ?주셔서 감사합니다|ご.{2}ありがとうございました|最[後后]までご.{2}.{0,20}"
)
_NEVER_SAID = re.compile(rf"(?:{_PHANTOMS})(?: (?:and )?(?:{_PHANTOMS}))*")
# What people do say, but what is also written for silence: dropped only where the model doubts that anybody spoke.
_DOUBTFUL = frozenset(
    {"thank you", "thanks", "you", "bye", "bye bye", "okay", "ok", "so", "hmm", "um", "uh", "oh", "yeah", "the", "i",
     "谢谢", "谢谢大家", "再见", "拜拜", "嗯", "啊", "哦", "好", "好的"}
)  # fmt: skip
# Marks of sounds and of languages: [BLANK_AUDIO], (music), *sighs*, ♪, <|zh|>, （音乐）
_MARKS = re.compile(
    r"<\|[^|<>]{0,30}\|>|[♪♫🎵🎶🎼]+|[\[(（【*](?:[^\])）】*]{0,24}?(?:audio|music|silence|silent|noise|inaudible|applause|"
    r"laugh\w*|sigh\w*|cough\w*|breath\w*|static|speaking|beep\w*|音乐|掌声|笑声|静音|噪音|无声|沉默)[^\])）】*]{0,24})[\])）】*]",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r".+?(?:[。!?！？…\n]+|\.+(?=\s|$)|$)", re.DOTALL)
_LONG_LOOP = re.compile(r"(.{4,80}?)(?:[\s,，、。.!！?？]*\1){4,}", re.DOTALL)
_SHORT_LOOP = re.compile(r"(.{1,3}?)(?:[\s,，、。.!！?？]*\1){14,}", re.DOTALL)


def without(text: str, *, doubtful: bool = False) -> str:
    """Returns the transcript without what nobody said; "" when nothing is left.

    Args:
        text: The transcript.
        doubtful: The model doubts that anybody spoke.
    """
    text = _MARKS.sub(" ", text).strip()
    text = _LONG_LOOP.sub(_once, _SHORT_LOOP.sub(_once, text))
    sentences = _SENTENCE.findall(text)
    # Such phrases stand at the ends, where the recording is silent.
    while sentences and _is_phantom(sentences[-1], doubtful=doubtful):
        sentences.pop()
    while sentences and _is_phantom(sentences[0], doubtful=doubtful):
        sentences.pop(0)
    said = "".join(sentences).strip()
    return said if any(character.isalnum() for character in said) else ""


def _is_phantom(sentence: str, *, doubtful: bool) -> bool:
    words = "".join(one if one.isalnum() else " " for one in unicodedata.normalize("NFKC", sentence).casefold())
    bare = " ".join(simplified(words).split())
    if not bare or _NEVER_SAID.fullmatch(bare):
        return True
    words_said = bare.split()
    is_loop = len(words_said) > 2 and len(set(words_said)) == 1  # "you you you"
    return doubtful and (is_loop or bare in _DOUBTFUL)


def _once(loop: re.Match[str]) -> str:
    # A long number may have many equal digits.
    return loop[0] if any(character.isdigit() for character in loop[1]) else loop[1]
