"""Number words of both languages become digits, and words that are no numbers stay as they are."""

from __future__ import annotations

import pytest

from skills.numerals import chinese, digits_for_words, english


@pytest.mark.parametrize(
    ("words", "digits"),
    [
        *(("三", "3"), ("十", "10"), ("十二", "12"), ("二十", "20"), ("三百零五", "305"), ("三百五", "350")),
        *(("一千零一", "1001"), ("两万", "20000"), ("一百二十三万四千五百六十七", "1234567"), ("一万五", "15000")),
        *(
            ("三亿", "300000000"),
            ("三点五", "3.5"),
            ("零点零五", "0.05"),
            ("二零二六", "2026"),
            ("两千五百万", "25000000"),
        ),
        *(("万", ""), ("百", ""), ("三五百", ""), ("一十百", "")),
    ],
)
def test_chinese(words: str, digits: str) -> None:
    assert chinese(words) == digits


@pytest.mark.parametrize(
    ("words", "digits"),
    [
        *(("three", "3"), ("twenty five", "25"), ("twenty-five", "25"), ("three hundred and five", "305")),
        *(("two thousand", "2000"), ("one million two hundred thousand", "1200000"), ("three point one four", "3.14")),
        *(("one two three", ""), ("thousand", ""), ("twenty eleven", ""), ("five hundred six thousand", "506000")),
    ],
)
def test_english(words: str, digits: str) -> None:
    assert english(words) == digits


def test_units_in_figures_and_the_rest_of_the_sentence() -> None:
    assert digits_for_words("1.5亿人和3万元") == "150000000人和30000元"
    assert digits_for_words("someone has twenty apples") == "someone has 20 apples"
