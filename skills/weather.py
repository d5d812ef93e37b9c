"""WeatherSkill tells the weather of a place today and on the next days, from Open-Meteo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from clawdbot import http
from clawdbot.skills import BaseSkill, NotMeant, Parameter, SkillError
from clawdbot.skills.effects import READS_ONLY
from skills import weather_days as days_of
from skills import weather_words as words

GEOCODING_URL = "https://geocoding-api.open-meteo.com"
FORECAST_URL = "https://api.open-meteo.com"
_TIMEOUT = (3.0, 5.0)
_DAYS = 8
_LONGEST_NAME = 60
_CANDIDATES = 10  # places of a name
_MOST_PLACES = 3
_LONGEST_CODE = 3  # NY, USA


@dataclass(frozen=True, slots=True)
class Place:
    """A place from the geocoder. Coordinates are degrees north and east; `regions` are its state and country code."""

    name: str
    country: str
    latitude: float
    longitude: float
    regions: tuple[str, ...] = ()

    def lies_in(self, region: str) -> bool:
        """Returns whether the place lies in a state or country: its name, its code, or the initials of its words."""
        wanted = region.casefold()
        names = [name.casefold() for name in (self.country, *self.regions) if name]
        initials = {"".join(word[0] for word in name.split()) for name in names}
        return wanted in names or wanted in initials


class WeatherSkill(BaseSkill):
    """Asks Open-Meteo's geocoder for the place and its forecast service for the weather.

    Configuration keys: `geocoding_url` and `forecast_url` (without /v1/...), or `base_url` for both.
    """

    name = "weather"
    description = "Weather of a place, today or on the next days"
    help: ClassVar[dict[str, str]] = {
        "en": "Tells the weather of a place, today or on the next days",
        "zh": "查询某地今天或未来几天的天气",
    }
    triggers = ("天气", "气温", "温度", "weather", "temperature", "forecast")
    patterns = words.PATTERNS
    parameters: ClassVar[tuple[Parameter, ...]] = (
        # Texts by language instead of gettext, as any skill author writes them.
        Parameter(
            "city",
            prompt={"en": "For which city?", "zh": "请问你想查询哪个城市？"},
            validator=words.place,
            description="Name of the city or place, in any language",
        ),
        Parameter(
            "day",
            required=False,
            default="today",
            validator=days_of.day,
            description=(
                "today, tomorrow, a weekday, weekend, week, next week, 3 days, or a date as YYYY-MM-DD within the next"
                " seven days; several single days with commas"
            ),
        ),
    )
    effects = READS_ONLY
    timeout_s = 15.0

    @classmethod
    def parse(cls, *, text: str, rest: str, trigger: str, language: str) -> Mapping[str, Any] | None:
        if not trigger:  # a pattern called: "will it rain in Bonn"
            text = rest = words.without_sky(text)
        if not words.is_asked(text, rest):
            raise NotMeant
        values: dict[str, Any] = {"day": days_of.day_of(text)}
        if city := words.city_of(text, rest):
            values["city"] = city
        return values

    def execute(self, context: dict[str, Any]) -> str:
        asked = str(context["parameters"]["city"]).strip()
        config = context.get("config") or {}
        try:
            places = self._places(asked, str(context.get("language", "en")), config)
            day = str(context["parameters"]["day"])
            lines = [line for place in places for line in _sentences(place, self._forecast(place, config), day)]
            return "\n".join(lines) + _(" (Open-Meteo)")
        except http.HttpError:
            raise SkillError(
                _("The weather service cannot be reached at the moment. Please try again later.")
            ) from None
        except (LookupError, TypeError, ValueError):
            raise SkillError(
                _("The weather service gave an answer I do not understand. Please try again later.")
            ) from None

    def _places(self, asked: str, language: str, config: Mapping[str, Any]) -> list[Place]:
        # The answer to the question for the city may be a whole sentence.
        name = (words.city_of(asked, asked) or asked)[:_LONGEST_NAME]
        if whole := self._found(name, language, config):
            return whole[:1]
        parts = words.places_in(name)
        if len(parts) < 2:
            raise SkillError(_("I do not know a place called “%(place)s”.") % {"place": name})
        if not words.is_list(name):
            named = self._found(parts[0], language, config)
            inside = [place for place in named if place.lies_in(parts[1])]
            if named and (inside or len(parts[1]) <= _LONGEST_CODE):
                return (inside or named)[:1]
        return [self._first(part, language, config) for part in parts[:_MOST_PLACES]]

    def _first(self, name: str, language: str, config: Mapping[str, Any]) -> Place:
        found = self._found(name, language, config)
        if not found:
            raise SkillError(_("I do not know a place called “%(place)s”.") % {"place": name})
        return found[0]

    def _found(self, name: str, language: str, config: Mapping[str, Any]) -> list[Place]:
        base = config.get("geocoding_url") or config.get("base_url") or GEOCODING_URL
        found = self._get(
            f"{base}/v1/search",
            {"name": name, "count": _CANDIDATES, "language": language.split("-")[0], "format": "json"},
        )
        return [
            Place(
                str(one["name"]),
                str(one.get("country") or ""),
                float(one["latitude"]),
                float(one["longitude"]),
                (str(one.get("admin1") or ""), str(one.get("country_code") or "")),
            )
            for one in found.get("results") or ()
        ]

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


def _sentences(place: Place, forecast: Mapping[str, Any], day: str) -> list[str]:
    """Returns a line for each wanted day."""
    # The first day of the forecast is today at the place, which may be tomorrow for the person.
    days = [date.fromisoformat(value) for value in forecast["daily"]["time"]]
    wanted = days_of.indices_of(day, days)
    if not wanted:
        raise SkillError(_only(days))
    lines = [_sentence(place, forecast, index, days[index]) for index in wanted]
    missing = "," in day and any(not days_of.indices_of(one, days) for one in day.split(","))
    return [*lines, _only(days)] if missing else lines


def _only(days: Sequence[date]) -> str:
    return _("I know the weather of the next %(count)s days only.") % {"count": len(days)}


def _sentence(place: Place, forecast: Mapping[str, Any], index: int, at: date) -> str:
    daily = forecast["daily"]
    parts = [
        _("%(place)s, %(day)s: %(sky)s, %(low)s to %(high)s °C.")
        % {
            "place": _named(place),
            "day": days_of.day_name(index, at),
            "sky": days_of.sky(int(daily["weather_code"][index])),
            "low": _round(daily["temperature_2m_min"][index]),
            "high": _round(daily["temperature_2m_max"][index]),
        }
    ]
    # The following texts start with the space between sentences, which English needs and Chinese does not.
    rain = daily["precipitation_probability_max"][index]
    if rain is not None:
        parts.append(_(" Chance of rain %(rain)s %%.") % {"rain": _round(rain)})
    if index == 0 and (current := forecast.get("current")):
        parts.append(
            _(" Now %(now)s °C (feels like %(felt)s °C), humidity %(humidity)s %%, wind %(wind)s km/h.")
            % {
                "now": _round(current["temperature_2m"]),
                "felt": _round(current["apparent_temperature"]),
                "humidity": _round(current["relative_humidity_2m"]),
                "wind": _round(current["wind_speed_10m"]),
            }
        )
    return "".join(parts)


def _named(place: Place) -> str:
    if not place.country:
        return place.name
    return _("%(place)s, %(country)s") % {"place": place.name, "country": place.country}


def _round(value: Any) -> int:
    return round(float(value))


__all__ = ["Place", "WeatherSkill"]
