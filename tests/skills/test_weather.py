"""WeatherSkill against a server that speaks Open-Meteo's protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from skills.weather_days import day_of
from skills.weather_words import city_of
from tests.builders import make_bot
from tests.http_server import Answer, Recorded, Server, json_answer, serve
from tests.skills.builders import call, make_skill, reply

pytestmark = pytest.mark.django_db(transaction=True)

PLACES = {
    "北京": {"name": "北京市", "country": "中国", "latitude": 39.9, "longitude": 116.4},
    "Paris": {"name": "Paris", "country": "France", "latitude": 48.85, "longitude": 2.35},
}
DAYS = [f"2026-11-{day}" for day in range(22, 30)]  # the 22nd is a Sunday
FORECAST: dict[str, Any] = {
    "current": {
        "temperature_2m": 7.6,
        "apparent_temperature": 5.4,
        "relative_humidity_2m": 61,
        "weather_code": 3,
        "wind_speed_10m": 12.2,
    },
    "daily": {
        "time": DAYS,
        "weather_code": [3, 61, 0, 0, 0, 95, 0, 0],
        "temperature_2m_max": [9.4, 11.0, 1, 1, 1, 20.6, 1, 1],
        "temperature_2m_min": [-0.4, 4.4, 1, 1, 1, 12.2, 1, 1],
        "precipitation_probability_max": [10, 80, None, 0, 0, 55, 0, 0],
    },
}


def query(request: Recorded) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}


def meteo(request: Recorded) -> Answer:
    """Answers as the two services of Open-Meteo."""
    asked = query(request)
    if request.path.startswith("/v1/search?"):
        place = PLACES.get(asked["name"])
        return json_answer({"results": [place]} if place else {"generationtime_ms": 0.5})
    assert request.path.startswith("/v1/forecast?")
    return json_answer(FORECAST)


@pytest.fixture
def service() -> Iterator[Server]:
    with serve() as running:
        running.respond = meteo
        make_skill("skills.weather.WeatherSkill", config={"base_url": running.url})
        yield running


def test_a_chinese_question_gets_the_weather_of_today(service: Server) -> None:
    result = call("北京天气怎么样", language="zh-hans")
    assert result.ok
    assert result.text == (
        "北京市（中国）今天：阴，0到9°C。降水概率10%。现在8°C（体感5°C），湿度61%，风速12公里/小时。（Open-Meteo）"
    )
    assert query(service.requests[0]) == {"name": "北京", "count": "10", "language": "zh", "format": "json"}
    asked = query(service.requests[1])
    assert (asked["latitude"], asked["longitude"], asked["timezone"]) == ("39.9", "116.4", "auto")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("北京天气怎么样？", "北京"),
        ("天气：上海。", "上海"),
        ("广州，明天天气呢？", "广州"),
        ("（深圳）天气！", "深圳"),
        ("請問東京天氣如何？", "东京"),
    ],
)
def test_chinese_marks_and_traditional_characters_are_no_part_of_the_place(
    text: str, place: str, service: Server
) -> None:
    call(text, language="zh-hans")
    assert query(service.requests[0])["name"] == place


def test_an_english_question_about_tomorrow(service: Server) -> None:
    result = call("What's the weather in Paris tomorrow?")
    assert result.text == (
        "Paris, France, tomorrow (23 November): light rain, 4 to 11 °C. Chance of rain 80 %. (Open-Meteo)"
    )


def test_a_weekday_is_the_next_one(service: Server) -> None:
    assert "Friday (27 November): thunderstorm, 12 to 21 °C." in call("weather in Paris on Friday").text
    assert "周五（11月27日）：雷阵雨" in call("北京周五天气", language="zh-hans").text


def test_a_missing_city_is_asked_for_and_the_day_is_kept(service: Server) -> None:
    bot = make_bot()
    asked = call("明天天气怎么样？", bot, "zh-hans")
    assert asked.needs is not None
    assert asked.needs.question == "请问你想查询哪个城市？"
    assert reply(asked.needs, "北京", bot, "zh-hans").text.startswith("北京市（中国）明天（11月23日）：小雨")
    asked = call("what's the weather like today?", bot)
    assert asked.needs is not None
    assert asked.needs.question == "For which city?"
    assert reply(asked.needs, "in Paris, please", bot).text.startswith("Paris, France, today: overcast")


def test_an_unknown_place_is_said_to_be_unknown(service: Server) -> None:
    result = call("weather in Qwertzuiop")
    assert (result.ok, result.text) == (False, "I do not know a place called “Qwertzuiop”.")


@pytest.mark.parametrize(
    "odd",
    [
        Answer(503, b"busy"),
        Answer(200, b"<html>", {"Content-Type": "text/html"}),
        json_answer({"results": [{"name": "Paris"}]}),
        json_answer([1]),
    ],
    ids=["503", "a page", "no coordinates", "a list"],
)
def test_a_service_in_trouble_gets_a_kind_answer(odd: Answer, service: Server) -> None:
    service.respond = lambda _request: odd
    result = call("weather in Paris")
    assert not result.ok
    assert result.text.startswith("The weather service ")
    assert result.record is not None
    assert result.record.error == "SkillError"
    assert call("北京天气", language="zh-hans").text.startswith("天气服务")


@pytest.mark.parametrize(
    ("text", "rest", "city", "day"),
    [
        ("北京天气怎么样", "北京", "北京", "today"),
        ("明天北京会下雨吗", "明天北京会下雨吗", "北京", "1"),
        ("请问后天上海的天气如何？", "后天上海", "上海", "2"),
        ("北京天气？", "北京", "北京", "today"),
        ("天气，广州！", "广州", "广州", "today"),
        ("請問後天臺北的天氣如何？", "後天臺北", "台北", "2"),
        ("大後天香港冷不冷", "大後天香港冷不冷", "香港", "3"),
        ("今天天气怎么样", "今天", "", "today"),
        ("天气", "", "", "today"),
        ("成都现在温度多少度", "成都现在 多少度", "成都", "today"),
        ("weather in New York today", "in New York today", "New York", "today"),
        ("Weather for San Francisco, please", "San Francisco", "San Francisco", "today"),
        ("Paris weather tomorrow", "Paris tomorrow", "Paris", "1"),
        ("how is the weather", "", "", "today"),
        ("What will the weather be like tomorrow?", "be like tomorrow", "", "1"),
        ("weather in Saint-Denis the day after tomorrow", "Saint-Denis the day after tomorrow", "Saint-Denis", "2"),
        ("what's the weather like in Rome right now?", "like in Rome right now", "Rome", "today"),
    ],
)
def test_place_and_day_are_read_from_the_question(text: str, rest: str, city: str, day: str) -> None:
    assert (city_of(text, rest), day_of(text)) == (city, day)


@pytest.mark.parametrize(
    ("text", "language", "begins"),
    [
        ("weather in Paris tomorrow and on Friday", "en", ("tomorrow", "Friday")),
        ("what is the weather in Paris today, tomorrow and Saturday?", "en", ("today", "tomorrow", "Saturday")),
        ("weather in Paris on Friday or Saturday", "en", ("Friday", "Saturday")),
        ("北京明天和周五的天气", "zh-hans", ("明天", "周五")),
        ("北京明天、后天天气怎么样", "zh-hans", ("明天", "后天")),
    ],
)
def test_each_of_the_days_is_told(text: str, language: str, begins: tuple[str, ...], service: Server) -> None:
    made = call(text, language=language).text
    assert len(made.splitlines()) == len(begins)
    assert all(day in line for day, line in zip(begins, made.splitlines(), strict=True))


def test_a_day_that_no_forecast_holds_is_named_beside_the_others(service: Server) -> None:
    made = call("weather in Paris tomorrow and on 2027-01-01").text
    assert "tomorrow" in made
    assert "next 8 days only" in made


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("the weather the day after tomorrow", "2"),
        ("tell me now how the weather is tomorrow", "1"),
        ("现在告诉我明天的天气", "1"),
        ("weather on the weekend and on Monday", "weekend"),
        ("weather on Friday, is it cold", "friday"),
    ],
)
def test_one_day_stays_one_day(text: str, day: str) -> None:
    assert day_of(text) == day
