"""Inputs of the kind that users of similar bots reported as broken, sent through the built-in skills."""

from __future__ import annotations

import time

import pytest

from skills.calculator import CalculatorSkill
from skills.units import UnitsSkill
from skills.units.reading import parts_of, read
from skills.webpage import fetching
from skills.webpage.fetching import Page, Unreadable, fetch
from skills.webpage.text import readable
from tests.skills.builders import answer_of


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("1+2^222", "1 + 2^222 = 6.73998666679 × 10^66"),
        ("(5^5)^5", "(5^5)^5 = 298,023,223,876,953,125"),
        ("2147483647*2147483657", "2147483647 × 2147483657 = 4,611,686,035,607,257,079"),
        ("100 + 20%", "100 + 20% = 120"),
        ("20% * 5", "20% × 5 = 1"),
        ("3.66707834218797 ^ (4.38132278605936 - 4.84952590339233)", "= 0.544"),
        ("2(3+4)^2", "2 × (3 + 4)^2 = 98"),
        ("-2^2", "-2^2 = -4"),
        ("sin(30°)", "sin(30°) = 0.5"),
        ("cos 60 degrees", "cos(60°) = 0.5"),
        ("正弦30度", "sin(30°) = 0.5"),
        ("sin(180°)", "sin(180°) = 0"),
        ("sin(30)", "sin(30) = -0.988031624093 (the angle in radians; for degrees write 30°)"),
        ("sin(pi/6)", "sin(pi ÷ 6) = 0.5"),
        ("tan(90°)", "tan(90°) has no result among the real numbers."),
        ("5%3", "5 mod 3 = 2"),
        ("$45.50 + 10%", "45.50 + 10% = 50.05"),
        ("3块5加2块", "3.5 + 2 = 5.5"),
        ("3亿5千万+1", "350000000 + 1 = 350,000,001"),
        ("10k+5k", "10000 + 5000 = 15,000"),
        ("10w/4", "100000 ÷ 4 = 25,000"),
        ("90的三分之一", "90 × 1 ÷ 3 = 30"),
        ("120打八五折", "120 × 0.85 = 102"),
        ("[3+4]*2", "(3 + 4) × 2 = 14"),
    ],
)
def test_reported_expressions(expression: str, answer: str) -> None:
    said = answer_of(CalculatorSkill, expression=expression)
    assert answer in said if answer.startswith("=") else said == answer


@pytest.mark.parametrize(
    "expression",
    [
        "-1" * 12_000,
        "sqrt(" * 300 + "1" + ")" * 300,
        "0:999999999999999999999999999999",
        "1; require('child_process').execSync('rm -rf /')",
        "n0.sqrt",
        "9" * 200 + "**" + "9" * 90,
        "((((1+1)**99)**99)**99)**99",
    ],
    ids=["25 kB of signs", "300 roots", "a range", "code", "an attribute", "huge power", "tower"],
)
def test_what_crashed_other_calculators_gets_a_sentence_at_once(expression: str) -> None:
    begun = time.monotonic()
    said = answer_of(CalculatorSkill, expression=expression)
    assert "cannot read" in said or "too large" in said
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("amount", "unit", "answer"),
    [
        ("80°F", "celsius", "80°F ≈ 26.6667 celsius"),
        ("100 degC", "degF", "100 degC = 212 degF"),
        ("23m", "feet", "23m ≈ 75.4593 feet"),
        ("5c", "f", "5c = 41 f"),
        ('13"', "feet", '13" ≈ 1.08333 feet'),
        ("80lb", "kg", "80lb ≈ 36.2874 kg"),
        ("173 cm", "feet and inches", "173 cm ≈ 5 feet 8.1 inches"),
        ("180cm", "尺几寸", "180cm ≈ 5尺4寸"),
        ("-90 minutes", "hours and minutes", "-90 minutes ≈ -1 hours 30 minutes"),
        ("37度", "华氏度", "37度 = 98.6华氏度"),
        ("98.6 degrees", "celsius", "98.6 degrees = 37 celsius"),
        ("100度", "弧度", "100度 ≈ 1.74533弧度"),
        ("half a mile", "km", "half a mile = 0.804672 km"),
        ("1 1/2 miles", "km", "1 1/2 miles ≈ 2.41402 km"),
        ("one and a half miles", "km", "one and a half miles ≈ 2.41402 km"),
        ("半斤", "克", "半斤 = 250克"),
        ("1/0 mile", "km", "I cannot read “1/0 mile” as an amount with a unit."),
    ],
)
def test_reported_conversions(amount: str, unit: str, answer: str) -> None:
    assert answer_of(UnitsSkill, amount=amount, unit=unit) == answer


def test_temperatures_are_not_added_like_lengths() -> None:
    assert parts_of("10 c 5 c") == ()
    assert read("10 c 5 c in f") is None


@pytest.mark.parametrize(
    "url",
    ["http://0x7f.0.0.1/", "http://2130706433/", "http://127.1/", "http://[::ffff:127.0.0.1]/", "http://198.18.0.1:18080/",
     "http://[fd00::1]/", "http://100.64.0.1/", "http://metadata.localhost/", "file:///etc/passwd", "gopher://127.0.0.1/"],
)  # fmt: skip
def test_reported_ways_into_the_private_network_are_closed(url: str) -> None:
    with pytest.raises(Unreadable) as raised:
        fetch(url, "en")
    assert raised.value.code in ("private", "url", "unreachable")


def test_a_gb2312_page_with_characters_of_gbk_and_a_json_charset_are_readable() -> None:
    meta = '<meta http-equiv="Content-Type" content="text/html; charset=GB2312" />'
    page = f"{meta}<title>镕</title><p>镕字不在GB2312里。</p>"
    assert readable(Page("u", "text/html", "", page.encode("gbk"))).text == "镕字不在GB2312里。"
    found = readable(Page("u", "application/json", "gbk", '{"名": "值"}'.encode("gbk")))
    assert found.text == '{"名": "值"}'


def test_the_size_limit_counts_what_was_unpacked() -> None:
    assert fetching.MAX_BYTES <= 4 * 1024 * 1024
