"""What is a calculation, how it is read, and the many sentences with the same words that are none."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skills.calculator import CalculatorSkill
from skills.calculator.reading import read
from tests.skills.builders import answer_of

RESULTS = {
    "what is 12% of 340": "12% × 340 = 40.8",
    "12*7": "12 × 7 = 84",
    "12×7=？": "12 × 7 = 84",
    "三加五等于几": "3 + 5 = 8",
    "三百五减六": "350 − 6 = 344",
    "340的12%是多少": "12% × 340 = 40.8",
    "百分之十二乘以340": "12% × 340 = 40.8",
    "（3＋4）×5": "(3 + 4) × 5 = 35",
    "0.1+0.2": "0.1 + 0.2 = 0.3",
    "1/3*3": "1 ÷ 3 × 3 = 1",
    "算一下 19.99*3": "19.99 × 3 = 59.97",
    "1,234+1": "1234 + 1 = 1,235",
    "1,234.5*2": "1234.5 × 2 = 2,469",
    "100+10%": "100 + 10% = 110",
    "20% off 50": "50 − 20% = 40",
    "what's three plus five?": "3 + 5 = 8",
    "two hundred and five minus six": "205 − 6 = 199",
    "sqrt(16)": "sqrt(16) = 4",
    "16的平方根是多少": "sqrt(16) = 4",
    "cube root of 27": "cbrt(27) = 3",
    "2的10次方": "2^10 = 1,024",
    "what is 5!": "5! = 120",
    "10 mod 3": "10 mod 3 = 1",
    "三分之一加二分之一": "(1 ÷ 3) + (1 ÷ 2) = 0.833333333333",
    "123456789*987654321": "123456789 × 987654321 = 121,932,631,112,635,269",
    "1e308*10": "1e308 × 10 = 1 × 10^309",
    "9/11=": "9 ÷ 11 = 0.818181818182",
    "請問三加五等於多少": "3 + 5 = 8",
    "340打8折": "340 × 0.8 = 272",
    "max(3,5)": "max(3,5) = 5",
}
REFUSED = {
    "9**9**9": "9^9^9 is too large for me to work out.",
    "1e99999*1e99999": "1e99999 × 1e99999 is too large for me to work out.",
    "1/0": "1 ÷ 0 has no result: nothing can be divided by zero.",
    "0÷0": "0 ÷ 0 has no result: nothing can be divided by zero.",
    "sqrt(-4)": "sqrt(-4) has no result among the real numbers.",
    "0**0": "0^0 has no result among the real numbers.",
    "fact(5000)": "5000! is too large for me to work out.",
    "3,5+1": "I am not sure what “3,5” means. Write a point for decimals (3.5), or no comma (35).",
    "calculate 1,23,456+1": "I am not sure what “1,23,456” means. Write a point for decimals (3.5), or no comma (35).",
}
SENTENCES = [
    *("my calculator is broken", "24/7", "what is 9/11?", "2026-11-30", "010-12345678", "+86 138 0013 8000", "50/50"),
    *("1080x1920", "4x4", "100%", "我加班了", "他减肥了三个月", "除了你还有谁", "I need 2 plus sizes", "C++ 11", "3/5"),
    *("I have 3+ years of experience", "3-2", "What is 4-4-2?", "12:30", "he is 5'7", ":)", "5*", "三加五个苹果给我"),
    *(
        "算了",
        "我算一下时间",
        "计算机是什么",
        "一百个人加班",
        "I want 2 times more",
        "thanks x 1000",
        "3.14",
        "what is 5",
    ),
    *(
        "calculate the risk",
        "work out at 6",
        "1,2,3",
        "9-5",
        "a+b",
        "https://a.b/1/2",
        "-1",
        "version 1.2.3",
        "加我微信 12345",
    ),
    *(
        "iPhone 15 Pro+",
        "the 50-50 rule",
        "COVID-19",
        "7-11",
        "一心一意",
        "千万不要",
        "万一",
        "五一放假吗",
        "双十一打折吗",
    ),
]


@pytest.mark.parametrize("text", RESULTS)
def test_a_calculation_is_shown_as_it_was_read(text: str) -> None:
    assert answer_of(CalculatorSkill, expression=text) == RESULTS[text]
    assert read(text) is not None


@pytest.mark.parametrize("text", REFUSED)
def test_what_has_no_answer_gets_a_clear_sentence(text: str) -> None:
    assert answer_of(CalculatorSkill, expression=text) == REFUSED[text]


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_with_such_words_is_no_calculation(text: str) -> None:
    assert read(text) is None


def test_an_order_that_people_read_in_two_ways_gets_both() -> None:
    assert answer_of(CalculatorSkill, expression="10除2") == (
        "“10除2” can mean two things: 10 ÷ 2 = 5, or 2 ÷ 10 = 0.2."
    )


@pytest.mark.parametrize(
    "text", ["__import__('os').system('x')", "x.__class__", "[1]*9", "1 if 1 else 2", "lambda: 1", "'a'*9"]
)
def test_a_program_is_no_calculation(text: str) -> None:
    assert answer_of(CalculatorSkill, expression=text).startswith("I cannot read that as a calculation.")


@given(st.text(alphabet="0123456789.,+-*/^%()!= 三加百万点eEx", max_size=40))
@example("9^9^9^9")
@example("((((((((((1))))))))))+1")
@example("1e+")
def test_any_text_of_figures_gets_an_answer_at_once(text: str) -> None:
    assert answer_of(CalculatorSkill, expression=text)
