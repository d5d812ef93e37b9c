"""What the runner itself says to a person, in both languages."""

from __future__ import annotations


def failed(name: str, chinese: bool) -> str:
    if chinese:
        return f"抱歉，“{name}”刚才出了点问题，没能得到结果。请稍后再试。"
    return f"Sorry, “{name}” ran into a problem and gave no result. Please try again later."


def too_slow(name: str, chinese: bool) -> str:
    if chinese:
        return f"抱歉，“{name}”花的时间太长，我先停下了。请稍后再试。"
    return f"Sorry, “{name}” took too long, so I stopped waiting. Please try again later."


def unavailable(name: str, chinese: bool) -> str:
    if chinese:
        return f"抱歉，“{name}”目前无法使用，我已经记录下来，管理员可以看到。"
    return f"Sorry, “{name}” is not available at the moment. I noted it for the operator."


def which(name: str, chinese: bool) -> str:
    return f"请告诉我：{name}" if chinese else f"Please tell me: {name}"


def unfit(chinese: bool) -> str:
    return "这个值不合适。" if chinese else "That does not fit."


def described(text: str, triggers: tuple[str, ...], chinese: bool) -> str:
    words = [word for word in triggers if word.isascii() != chinese] or list(triggers)
    shown = ("、" if chinese else ", ").join(words[:3])
    return f"{text}({shown})" if chinese else f"{text} ({shown})"
