"""Whom and what a person calls "my": relatives and pets, one usual word for each in each language."""

from __future__ import annotations

import re

_EN = {
    "wife": "wife", "husband": "husband", "hubby": "husband", "partner": "partner", "girlfriend": "girlfriend", "gf": "girlfriend",
    "boyfriend": "boyfriend", "bf": "boyfriend", "fiance": "fiance", "fiancé": "fiance", "fiancee": "fiancee", "fiancée": "fiancee",
    "mother": "mother", "mom": "mother", "mum": "mother", "mommy": "mother", "father": "father", "dad": "father", "daddy": "father",
    "sister": "sister", "brother": "brother", "son": "son", "daughter": "daughter", "kid": "child", "child": "child", "baby": "baby",
    "kids": "children", "children": "children", "parents": "parents", "siblings": "siblings", "grandmother": "grandmother",
    "grandma": "grandmother", "granny": "grandmother", "grandfather": "grandfather", "grandpa": "grandfather", "uncle": "uncle",
    "aunt": "aunt", "cousin": "cousin", "nephew": "nephew", "niece": "niece", "boss": "boss", "manager": "boss", "roommate": "roommate",
    "flatmate": "roommate", "neighbour": "neighbour", "neighbor": "neighbour", "friend": "friend", "teacher": "teacher",
    "colleague": "colleague", "grandson": "grandson", "granddaughter": "granddaughter", "twins": "twins", "family": "family",
    "dog": "dog", "puppy": "dog", "cat": "cat", "kitten": "cat", "kitty": "cat", "rabbit": "rabbit", "bunny": "rabbit", "hamster": "hamster",
    "parrot": "parrot", "bird": "bird", "horse": "horse", "pony": "horse", "turtle": "turtle", "tortoise": "turtle", "snake": "snake",
    "sis": "sister", "bro": "brother", "missus": "wife", "spouse": "partner", "nan": "grandmother", "nana": "grandmother", "gran": "grandmother",
    "grandad": "grandfather", "granddad": "grandfather", "grandparents": "grandparents", "grandchild": "grandchild", "grandchildren": "grandchildren",
    "grandkids": "grandchildren", "stepson": "stepson", "stepdaughter": "stepdaughter", "stepdad": "stepfather", "stepmum": "stepmother",
    "stepfather": "stepfather", "stepmother": "stepmother", "mother-in-law": "mother-in-law", "father-in-law": "father-in-law",
    "sister-in-law": "sister-in-law", "brother-in-law": "brother-in-law", "godson": "godson", "goddaughter": "goddaughter", "godmother": "godmother",
    "auntie": "aunt", "landlord": "landlord", "landlady": "landlady", "housemate": "roommate", "coworker": "colleague", "co-worker": "colleague",
    "workmate": "colleague", "mate": "friend", "bestie": "best friend", "classmate": "classmate", "supervisor": "boss", "tutor": "tutor",
    "babysitter": "babysitter",
    "goldfish": "goldfish", "fish": "fish", "guinea pig": "guinea pig", "ferret": "ferret", "pet": "pet", "pets": "pet",
}  # fmt: skip
_ZH = {
    "老婆": "老婆", "妻子": "老婆", "太太": "老婆", "媳妇": "老婆", "爱人": "爱人", "老公": "老公", "丈夫": "老公", "先生": "老公",
    "女朋友": "女朋友", "女友": "女朋友", "男朋友": "男朋友", "男友": "男朋友", "对象": "对象", "未婚妻": "未婚妻", "未婚夫": "未婚夫",
    "妈妈": "妈妈", "母亲": "妈妈", "老妈": "妈妈", "妈": "妈妈", "爸爸": "爸爸", "父亲": "爸爸", "老爸": "爸爸", "爸": "爸爸",
    "姐姐": "姐姐", "姐": "姐姐", "妹妹": "妹妹", "妹": "妹妹", "哥哥": "哥哥", "哥": "哥哥", "弟弟": "弟弟", "弟": "弟弟",
    "儿子": "儿子", "女儿": "女儿", "闺女": "女儿", "孩子": "孩子", "小孩": "孩子", "宝宝": "宝宝", "父母": "父母", "爸妈": "父母",
    "爷爷": "爷爷", "奶奶": "奶奶", "外公": "外公", "姥爷": "外公", "外婆": "外婆", "姥姥": "外婆", "叔叔": "叔叔", "舅舅": "舅舅",
    "阿姨": "阿姨", "姑姑": "姑姑", "表哥": "表哥", "表弟": "表弟", "表姐": "表姐", "表妹": "表妹", "堂哥": "堂哥", "老板": "老板",
    "领导": "领导", "室友": "室友", "邻居": "邻居", "朋友": "朋友", "同事": "同事", "老师": "老师", "孙子": "孙子", "孙女": "孙女",
    "狗狗": "狗", "小狗": "狗", "狗": "狗", "猫咪": "猫", "小猫": "猫", "猫": "猫", "兔子": "兔子", "仓鼠": "仓鼠", "鹦鹉": "鹦鹉",
    "乌龟": "乌龟", "金鱼": "金鱼", "鸟": "鸟", "宠物": "宠物",
    "姑妈": "姑姑", "姨妈": "阿姨", "小姨": "阿姨", "大姨": "阿姨", "伯伯": "伯伯", "大伯": "伯伯", "婶婶": "婶婶", "嫂子": "嫂子", "姐夫": "姐夫",
    "妹夫": "妹夫", "弟妹": "弟妹", "岳母": "岳母", "丈母娘": "岳母", "岳父": "岳父", "老丈人": "岳父", "婆婆": "婆婆", "公公": "公公",
    "侄子": "侄子", "侄女": "侄女", "外甥": "外甥", "外甥女": "外甥女", "堂弟": "堂弟", "堂姐": "堂姐", "堂妹": "堂妹", "闺蜜": "闺蜜",
    "哥们": "朋友", "房东": "房东", "导师": "导师", "班主任": "班主任", "同桌": "同桌", "同学": "同学", "舍友": "室友", "上司": "老板",
    "发小": "发小", "大姐": "姐姐", "二姐": "二姐", "大哥": "哥哥", "二哥": "二哥", "小妹": "妹妹", "小弟": "弟弟", "媳妇儿": "老婆",
    "老伴": "老伴", "娃": "孩子", "小朋友": "孩子", "教练": "教练", "猫猫": "猫", "狗子": "狗", "柯基": "狗", "金毛": "狗", "泰迪": "狗", "橘猫": "猫",
}  # fmt: skip
# The English word of a Chinese one, so that each language finds what was told in the other.
_BOTH = {
    "老婆": "wife", "老公": "husband", "女朋友": "girlfriend", "男朋友": "boyfriend", "未婚妻": "fiancee", "未婚夫": "fiance",
    "妈妈": "mother", "爸爸": "father", "姐姐": "sister", "妹妹": "sister", "哥哥": "brother", "弟弟": "brother", "儿子": "son",
    "女儿": "daughter", "孩子": "child", "宝宝": "baby", "父母": "parents", "老板": "boss", "室友": "roommate", "邻居": "neighbour",
    "朋友": "friend", "同事": "colleague", "老师": "teacher", "狗": "dog", "猫": "cat", "兔子": "rabbit", "仓鼠": "hamster",
    "鹦鹉": "parrot", "乌龟": "turtle", "金鱼": "goldfish", "鸟": "bird", "宠物": "pet",
}  # fmt: skip
_TO_ZH = {english: chinese for chinese, english in reversed(_BOTH.items())} | {"children": "孩子", "kids": "孩子"}
_THINGS = {
    "e-mail": "email", "e-mail address": "email", "email address": "email", "phone number": "phone", "mobile": "phone",
    "mobile number": "phone", "cell": "phone", "cell number": "phone", "cell phone": "phone", "number": "phone", "telephone": "phone",
    "telephone number": "phone", "电话号码": "电话", "电话号": "电话", "手机号码": "电话", "手机号": "电话", "号码": "电话",
    "邮箱地址": "邮箱", "电子邮箱": "邮箱", "微信号": "微信", "住址": "地址",
}  # fmt: skip
PETS = frozenset(
    [
        "dog",
        "cat",
        "rabbit",
        "hamster",
        "parrot",
        "bird",
        "horse",
        "turtle",
        "snake",
        "goldfish",
        "fish",
        "ferret",
        "pet",
        "狗",
        "猫",
        "兔子",
        "仓鼠",
        "鹦鹉",
        "乌龟",
        "金鱼",
        "鸟",
        "宠物",
    ]
) | {"guinea pig"}
CHILDREN = frozenset(["son", "daughter", "child", "children", "baby", "twins", "儿子", "女儿", "孩子", "宝宝"])
_HAN = re.compile(r"[\u4e00-\u9fff]")

EN = "|".join(sorted(_EN, key=len, reverse=True))
"""Alternatives of a pattern for English text in lower case."""
WORDS_EN = tuple(_EN)
ZH = "|".join(sorted(_ZH, key=len, reverse=True))
ADJECTIVE = (
    r"older|younger|elder|eldest|oldest|youngest|little|lil|big|twin|step|half|best|ex|late|new|first|second|middle"
)


_NOW = re.compile(r"^(?:(?:current|present|latest|new) (?=\w)|(?:现在|目前|如今|最新)的?(?=.))")


def usual_thing(thing: str) -> str:
    """Returns one spelling for what a person calls "my X"."""
    plain = thing.lower().replace("favorite", "favourite").replace("color", "colour").strip()
    plain = _NOW.sub("", plain)  # "my current phone" is "my phone" as it is now
    return _THINGS.get(plain, plain)


def usual(word: str, adjective: str = "") -> str:
    """Returns the usual word for a relation, with the adjective that tells it from others."""
    found = _EN.get(word) or _ZH.get(word) or _EN.get(word.removesuffix("s")) or word
    return f"{adjective} {found}".strip() if adjective not in ("late", "new", "big", "little", "lil") else found


def same(one: str, other: str) -> bool:
    """Tells whether two relations may be the same person or pet: "sister" and "older sister", "dog" and 狗."""
    if one == other:
        return True
    if bool(_HAN.search(one)) != bool(_HAN.search(other)):
        one, other = _BOTH.get(one, one), _BOTH.get(other, other)
    if one == other or {one, other} == {"child", "children"}:
        return True
    return one.endswith(f" {other}") or other.endswith(f" {one}")


def covers(asked: str, subject: str) -> bool:
    """Tells whether a question about `asked` may be answered about `subject`: "children" covers "son"."""
    if same(asked, subject):
        return True
    if asked in ("pet", "宠物"):
        return subject in PETS
    if asked in ("children", "child", "孩子"):
        return subject in CHILDREN
    return False


def shown(subject: str, *, chinese: bool) -> str:
    """Returns the word of a relation in the language of the answer, where one is known."""
    if chinese:
        return subject if _HAN.search(subject) else _TO_ZH.get(subject, subject)
    return _BOTH.get(subject, subject)


def relation_en(word: str) -> str:
    """Returns the usual word of an English relation, also of several; "" for another word."""
    return _EN.get(word) or _EN.get(word.removesuffix("s")) or ""


def is_zh(word: str) -> bool:
    """Tells whether a Chinese word is a relation."""
    return word in _ZH


# Usual words of relations for a man and for a woman: a pronoun cannot mean the others.
MEN = frozenset(
    "boyfriend brother brother-in-law father "
    "father-in-law fiance godson grandfather grandson "
    "husband nephew son stepfather stepson uncle 伯伯 侄子 儿子 "
    "公公 叔叔 哥哥 堂哥 堂弟 外公 外甥 妹夫 姐夫 孙子 岳父 弟弟 未婚夫 爷爷 爸爸 男朋友 老公 "
    "舅舅 表哥 表弟".split()
)
WOMEN = frozenset(
    "aunt daughter fiancee girlfriend goddaughter "
    "godmother granddaughter grandmother landlady mother "
    "mother-in-law niece sister sister-in-law "
    "stepdaughter stepmother wife 侄女 堂妹 堂姐 外婆 外甥女 女儿 女朋友 "
    "奶奶 妈妈 妹妹 姐姐 姑姑 婆婆 婶婶 嫂子 孙女 岳母 未婚妻 老婆 表妹 表姐 闺蜜 阿姨".split()
)
