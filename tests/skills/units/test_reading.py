"""What is a conversion, its result, and the many sentences with units that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.units import UnitsSkill
from skills.units.conversion import convert
from skills.units.names import UNITS
from skills.units.reading import read
from tests.skills.builders import answer_of

RESULTS = {
    "10公里是多少英里": "10公里 ≈ 6.21371英里",
    "5 feet 7 in cm": "5 feet 7 = 170.18 cm",
    "5'7\" in cm": "5'7\" = 170.18 cm",
    "5 ft 7 in in cm": "5 ft 7 in = 170.18 cm",
    "convert 10 km to miles": "10 km ≈ 6.21371 miles",
    "how many pounds in a kilo": "a kilo ≈ 2.20462 pounds",
    "72°F to °C": "72°F ≈ 22.2222°C",
    "-40 c in f": "-40 c = -40 f",
    "100华氏度是多少摄氏度": "100华氏度 ≈ 37.7778摄氏度",
    "60 mph in km/h": "60 mph ≈ 96.5606 km/h",
    "三斤半是多少公斤": "三斤半 = 1.75公斤",
    "3斤2两是多少克": "3斤2两 = 1,600克",
    "三两是多少克": "三两 = 150克",
    "两斤是多少克": "两斤 = 1,000克",
    "把3亩换算成平方米": "3亩 = 2,000平方米",
    "500里是多少公里": "500里 = 250公里",
    "5尺7寸是多少厘米": "5尺7寸 = 190厘米",
    "一米七五是多少厘米": "一米七五 = 175厘米",
    "1米75等于多少厘米": "1米75 = 175厘米",
    "一公里有多少米": "一公里 = 1,000米",
    "多少克是一斤": "一斤 = 500克",
    "1,500 m in km": "1,500 m = 1.5 km",
    "20 m2 in sq ft": "20 m2 ≈ 215.278 sq ft",
    "請問10公里是多少英里？": "10公里 ≈ 6.21371英里",
    "how many minutes in a day": "a day = 1,440 minutes",
    "1 GB in MB": "1 GB = 1,000 MB",
    "100 USD in EUR": "I do not know exchange rates, so I cannot convert money.",
    "100美元是多少人民币": "I do not know exchange rates, so I cannot convert money.",
    "$50 to euros": "I do not know exchange rates, so I cannot convert money.",
    "10 km in kg": "“10 km” and “kg” measure different things.",
    "-500 c in f": "Nothing is as cold as that: it is below absolute zero.",
}
SENTENCES = [
    *("I ran 10 km in the rain", "see you in 20 minutes", "remind me in 20 minutes", "5 people in a group", "10 in"),
    *(
        "how many people are in a group",
        "10 out of 10",
        "三里屯在哪",
        "我们走了十里路",
        "他两岁了",
        "meet at 5 in the cafe",
    ),
    *("3个人多少钱", "how many days in advance", "一斤苹果多少钱", "what is 5 in binary", "change my plan to gold"),
    *("convert to christianity", "几点了", "今天几度", "5 in a row", "北京到上海多少公里", "一个月工资多少", "1 in 5"),
    *("turn 18 in May", "how many days in 2 weeks notice", "to be in love", "我有两个孩子", "I lost 5 kg in 2 months"),
]


@pytest.mark.parametrize("text", RESULTS)
def test_a_conversion(text: str) -> None:
    found = read(text)
    assert found is not None
    assert answer_of(UnitsSkill, amount=found.amount, unit=found.target_shown) == RESULTS[text]


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_with_units_is_no_conversion(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("amount", "unit", "answer"),
    [
        ("ten", "km", "I cannot read “ten” as an amount with a unit."),
        ("10 km", "parsecs per fortnight", "I do not know the unit “parsecs per fortnight”."),
        ("6 stone 2", "lbs", "6 stone 2 = 86 lbs"),
        ("1 acre", "亩", "1 acre ≈ 6.07028亩"),
    ],
)
def test_arguments_of_a_model(amount: str, unit: str, answer: str) -> None:
    assert answer_of(UnitsSkill, amount=amount, unit=unit) == answer


def test_pint_knows_every_unit() -> None:
    for unit in set(UNITS.values()):
        assert convert(((300.0, unit),), unit) == pytest.approx(300.0)


@given(st.floats(-200, 1e6))
def test_temperatures_there_and_back_are_the_same(number: float) -> None:
    fahrenheit = convert(((number, "degC"),), "degF")
    assert convert(((fahrenheit, "degF"),), "degC") == pytest.approx(number, abs=1e-9)
