"""Questions about the weather, and talk that only holds its words, of the kinds that other assistants took wrongly."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from skills.weather_days import day_of, indices_of
from skills.weather_words import city_of, is_asked
from tests.builders import make_bot
from tests.http_server import Answer, Recorded, Server, json_answer, serve
from tests.skills.builders import call, make_skill, matched
from tests.skills.test_weather import FORECAST, query

pytestmark = [pytest.mark.django_db(transaction=True)]

DAYS = [date(2026, 12, 1) + timedelta(days=n) for n in range(8)]  # the first is a Tuesday
TALK = [
    *("I'm feeling under the weather", "under the weather", "weather the storm", "stormy weather", "great weather!"),
    *(
        "fair-weather friend",
        "weather permitting",
        "the weather girl",
        "the weather is nice today",
        "nice weather today",
    ),
    *(
        "play the song Stormy Weather",
        'play "Stormy Weather"',
        'The word "weather" has seven letters',
        "what is weather?",
    ),
    *("what can the weather skill do?", "is the weather skill any good?", "how accurate are weather forecasts?"),
    *("how is weather measured?", "who invented the weather forecast", "CPU temperature", "color temperature"),
    *("what is the temperature of the sun", "oven temperature for pizza", "thermometer temperature"),
    *("forget the weather", "never mind the weather in Paris", "stop telling me the weather in Paris"),
    *(
        "天气预报员是什么职业",
        "天气预报员",
        "“天气”这个词怎么读",
        "唱一首《天气》",
        "温度计多少钱",
        "水的温度",
        "不用查天气",
    ),
    *("为什么天气预报不准", "天气预报准不准", "天气预报怎么做", "什么是天气", "今天几号，天气如何"),
]


def geocoder(places: dict[str, list[dict[str, Any]]]) -> Any:
    def respond(request: Recorded) -> Answer:
        if request.path.startswith("/v1/search?"):
            return json_answer({"results": places.get(query(request)["name"], [])})
        return json_answer(FORECAST)

    return respond


def place(name: str, country: str, admin1: str, code: str) -> dict[str, Any]:
    values = {"name": name, "country": country, "admin1": admin1, "country_code": code}
    return values | {"latitude": 48.0, "longitude": 2.0}


PARISES = [place("Paris", "France", "Île-de-France", "FR"), place("Paris", "United States", "Texas", "US")]


@pytest.fixture
def service() -> Iterator[Server]:
    with serve() as running:
        make_skill("skills.weather.WeatherSkill", "weather", "天气", config={"base_url": running.url})
        yield running


@pytest.mark.parametrize("text", TALK)
def test_talk_with_a_word_of_the_skill_is_no_question_for_it(text: str) -> None:
    make_skill("skills.weather.WeatherSkill")
    assert matched(text) is None


@pytest.mark.parametrize(
    ("text", "city", "day"),
    [
        *(("weather in St. Louis", "St. Louis", "today"), ("the weather in Paris, Texas", "Paris, Texas", "today")),
        *(("weather in the Hague", "Hague", "today"), ("is the weather nice in Nice?", "Nice", "today")),
        *(("@bot weather Paris", "Paris", "today"), ("🌦 weather Paris 😀", "Paris", "today"), ("#天气 北京", "北京", "today")),
        *(("weather for the weekend in Rome", "Rome", "weekend"), ("weather next week in Rome", "Rome", "next week")),
        *(("forecast for the next 3 days in Oslo", "Oslo", "3 days"), ("5 day forecast Paris", "Paris", "5 days")),
        *(("明后天北京天气", "北京", "1,2"), ("北京未来三天天气", "北京", "3 days"), ("北京一周天气", "北京", "week")),
        *(("上海下周天气", "上海", "next week"), ("上海下周三天气", "上海", "wednesday"), ("上海周天天气", "上海", "sunday")),
        *(("昨天北京天气", "北京", "outside"), ("What was the weather like in Paris in 1944?", "Paris", "outside")),
        *(("weather in Paris last week", "Paris", "outside"), ("北京的天气咋样", "北京", "today")),
        *(("weather near me", "", "today"), ("本地天气", "", "today"), ("我这里天气怎么样", "", "today")),
        *(("weather on 2031-12-03 in Paris", "Paris", "2031-12-03"), ("喀什天气", "喀什", "today")),
    ],
)  # fmt: skip
def test_place_and_day_are_those_that_were_asked_for(text: str, city: str, day: str) -> None:
    make_skill("skills.weather.WeatherSkill")
    found = matched(text)
    assert found is not None
    assert (found.values.get("city", ""), found.values["day"]) == (city, day)


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        *(("weekend", ["05", "06"]), ("next week", ["07", "08"]), ("1,2", ["02", "03"]), ("3 days", ["01", "02", "03"])),
        *(("outside", []), ("2026-12-24", []), ("9", []), ("friday", ["04"]), ("today", ["01"])),
    ],
)  # fmt: skip
def test_days_outside_of_the_forecast_are_none_and_not_today(day: str, wanted: list[str]) -> None:
    assert [f"{DAYS[place]:%d}" for place in indices_of(day, DAYS)] == wanted


def test_a_sunday_in_a_weekend_that_has_begun_is_the_weekend() -> None:
    days = [date(2026, 12, 6) + timedelta(days=n) for n in range(8)]
    assert indices_of("weekend", days) == [0]


def test_yesterday_is_refused_in_words(service: Server) -> None:
    service.respond = geocoder({"Paris": PARISES})
    assert call("weather in Paris yesterday").text == "I know the weather of the next 8 days only."


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("weather in Paris, Texas", ["Paris, United States"]),
        ("weather in Paris, US", ["Paris, United States"]),
        ("weather in Paris", ["Paris, France"]),
        ("weather in Paris and Oslo", ["Paris, France", "Oslo, Norway"]),
        ("weather in Trinidad and Tobago", ["Trinidad and Tobago, Trinidad"]),
        ("weather in Paris, ZZ", ["Paris, France"]),
    ],
)
def test_a_place_in_a_region_and_several_places(text: str, names: list[str], service: Server) -> None:
    service.respond = geocoder(
        {
            "Paris": PARISES,
            "Oslo": [place("Oslo", "Norway", "Oslo", "NO")],
            "Trinidad and Tobago": [place("Trinidad and Tobago", "Trinidad", "", "TT")],
        }
    )
    told = call(text).text
    assert [line.split(", today")[0] for line in told.splitlines()] == names


def test_several_places_in_chinese(service: Server) -> None:
    service.respond = geocoder({name: [place(name, "中国", "", "CN")] for name in ("北京", "上海", "呼和浩特")})
    assert len(call("北京和上海天气", language="zh-hans").text.splitlines()) == 2
    assert len(call("呼和浩特天气", language="zh-hans").text.splitlines()) == 1
    assert make_bot().pk


def test_readers_are_quick_for_long_texts() -> None:
    began = time.monotonic()
    is_asked("weather " * 2000, "weather " * 1999)
    city_of("weather in " + "x, and " * 2000, "x, and " * 2000)
    day_of("week " * 5000)
    assert time.monotonic() - began < 2
