"""WeatherSkill: the weather of a place, today and on the next days, from Open-Meteo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from clawdbot import http
from clawdbot.skills import BaseSkill, Parameter, SkillError
from skills import weather_words as words

GEOCODING_URL = "https://geocoding-api.open-meteo.com"
FORECAST_URL = "https://api.open-meteo.com"
_TIMEOUT = (3.0, 5.0)
_DAYS = 8
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Place:
    """A place as the geocoder knows it; degrees north and east."""

    name: str
    country: str
    latitude: float
    longitude: float


class WeatherSkill(BaseSkill):
    """Asks Open-Meteo's geocoder for the place and its forecast service for the weather.

    Configuration keys: `geocoding_url` and `forecast_url` (without /v1/...), or `base_url` for both.
    """

    name = "weather"
    description = "Weather of a place, today or on the next days · 查询某地的天气"
    triggers = ("天气", "气温", "温度", "weather", "temperature", "forecast")
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("city", prompt={"en": "For which city?", "zh": "请问您想查询哪个城市？"}),
        Parameter("day", required=False, default="today"),
    )
    timeout_s = 15.0

    @classmethod
    def parse(cls, *, text: str, rest: str, trigger: str, language: str) -> Mapping[str, Any] | None:
        values: dict[str, Any] = {"day": words.day_of(text)}
        if city := words.city_of(text, rest):
            values["city"] = city
        return values

    def execute(self, context: dict[str, Any]) -> str:
        chinese = str(context.get("language", "en")).startswith("zh")
        asked = str(context["parameters"]["city"]).strip()
        config = context.get("config") or {}
        try:
            place = self._place(asked, chinese, config)
            forecast = self._forecast(place, config)
            return _sentence(place, forecast, str(context["parameters"]["day"]), chinese)
        except http.HttpError:
            raise SkillError(words.say("unreachable", chinese)) from None
        except (LookupError, TypeError, ValueError):
            raise SkillError(words.say("odd", chinese)) from None

    def _place(self, asked: str, chinese: bool, config: Mapping[str, Any]) -> Place:
        base = config.get("geocoding_url") or config.get("base_url") or GEOCODING_URL
        # An answer to "which city?" may be a sentence as well.
        name = (words.city_of(asked, asked) or asked)[:_LONGEST_NAME]
        found = self._get(
            f"{base}/v1/search",
            {"name": name, "count": 1, "language": "zh" if chinese else "en", "format": "json"},
        )
        results = found.get("results") or ()
        if not results:
            raise SkillError(words.say("unknown", chinese, place=name))
        first = results[0]
        return Place(
            str(first["name"]), str(first.get("country") or ""), float(first["latitude"]), float(first["longitude"])
        )

    def _forecast(self, place: Place, config: Mapping[str, Any]) -> dict[str, Any]:
        base = config.get("forecast_url") or config.get("base_url") or FORECAST_URL
        return self._get(
            f"{base}/v1/forecast",
            {
                "latitude": place.latitude,
                "longitude": place.longitude,
                "timezone": "auto",
                "forecast_days": _DAYS,
                "current": "temperature_2m,apparent_temperature,relative_humidity_2m,weather_code,wind_speed_10m",
                "daily": "weather_code,temperature_2m_max,temperature_2m_min,precipitation_probability_max",
            },
        )

    @staticmethod
    def _get(url: str, params: dict[str, Any]) -> dict[str, Any]:
        response = http.request("GET", url, params=params, timeout=_TIMEOUT)
        if not response.ok:
            raise http.HttpError(f"HTTP {response.status}")
        value = response.json()
        if not isinstance(value, dict):
            raise ValueError("not an object")
        return value


def _sentence(place: Place, forecast: Mapping[str, Any], day: str, chinese: bool) -> str:
    daily = forecast["daily"]
    # The first day of the forecast is today where the place is, which may be tomorrow where the person is.
    days = [date.fromisoformat(value) for value in daily["time"]]
    index = words.index_of(day, days)
    where = f"{place.name}（{place.country}）" if chinese else f"{place.name}, {place.country}"
    values = {
        "place": where if place.country else place.name,
        "day": words.day_name(index, days[index], chinese),
        "sky": words.sky(int(daily["weather_code"][index]), chinese),
        "low": _round(daily["temperature_2m_min"][index]),
        "high": _round(daily["temperature_2m_max"][index]),
    }
    parts = [words.say("day", chinese, **values)]
    rain = daily["precipitation_probability_max"][index]
    if rain is not None:
        parts.append(words.say("rain", chinese, rain=_round(rain)))
    if index == 0 and (current := forecast.get("current")):
        now = {
            "now": _round(current["temperature_2m"]),
            "felt": _round(current["apparent_temperature"]),
            "humidity": _round(current["relative_humidity_2m"]),
            "wind": _round(current["wind_speed_10m"]),
        }
        parts.append(words.say("now", chinese, **now))
    joined = "".join(parts) if chinese else " ".join(parts)
    return joined + (" (Open-Meteo)" if not chinese else "（Open-Meteo）")


def _round(value: Any) -> int:
    return round(float(value))


__all__ = ["Place", "WeatherSkill"]
