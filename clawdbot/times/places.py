"""Time zones of places: the cities of the zone database, and names of big cities and countries in both languages."""

from __future__ import annotations

import re
import zoneinfo
from functools import lru_cache

from clawdbot.times.numerals import folded

_NAMES = {
    "Asia/Shanghai": "北京 上海 广州 深圳 中国 成都 杭州 武汉 西安 重庆 南京 天津 beijing china shenzhen guangzhou chengdu hangzhou",
    "Asia/Hong_Kong": "香港", "Asia/Macau": "澳门", "Asia/Taipei": "台北 台湾 taiwan", "Asia/Tokyo": "东京 日本 大阪 京都 japan osaka kyoto",
    "Asia/Seoul": "首尔 韩国 korea", "Asia/Singapore": "新加坡", "Asia/Bangkok": "曼谷 泰国 thailand", "Asia/Jakarta": "雅加达",
    "Asia/Kuala_Lumpur": "吉隆坡 马来西亚 malaysia", "Asia/Manila": "马尼拉 菲律宾 philippines", "Asia/Ho_Chi_Minh": "胡志明市 河内 越南 hanoi vietnam",
    "Asia/Kolkata": "孟买 新德里 德里 印度 mumbai delhi new_delhi india bangalore", "Asia/Dubai": "迪拜 阿联酋", "Asia/Istanbul": "伊斯坦布尔 土耳其 turkey",
    "Europe/London": "伦敦 英国 uk england britain", "Europe/Paris": "巴黎 法国 france", "Europe/Berlin": "柏林 德国 慕尼黑 法兰克福 汉堡 germany munich frankfurt hamburg",
    "Europe/Madrid": "马德里 西班牙 巴塞罗那 spain barcelona", "Europe/Rome": "罗马 意大利 米兰 italy milan", "Europe/Amsterdam": "阿姆斯特丹 荷兰 netherlands",
    "Europe/Zurich": "苏黎世 瑞士 日内瓦 switzerland geneva", "Europe/Vienna": "维也纳 奥地利 austria", "Europe/Stockholm": "斯德哥尔摩 瑞典 sweden",
    "Europe/Moscow": "莫斯科 俄罗斯", "Africa/Cairo": "开罗 埃及 egypt", "Africa/Johannesburg": "约翰内斯堡 南非", "Africa/Lagos": "拉各斯 nigeria", "Africa/Nairobi": "内罗毕 kenya",
    "America/New_York": "纽约 华盛顿 波士顿 迈阿密 washington boston miami nyc philadelphia atlanta", "America/Chicago": "芝加哥 休斯顿 达拉斯 houston dallas austin",
    "America/Denver": "丹佛", "America/Los_Angeles": "洛杉矶 旧金山 西雅图 硅谷 san_francisco seattle las_vegas silicon_valley",
    "America/Toronto": "多伦多 渥太华 蒙特利尔 ottawa montreal", "America/Vancouver": "温哥华", "America/Mexico_City": "墨西哥城 墨西哥",
    "America/Sao_Paulo": "圣保罗 里约热内卢 rio_de_janeiro sao_paulo brazil 巴西", "America/Argentina/Buenos_Aires": "布宜诺斯艾利斯 阿根廷 argentina",
    "Australia/Sydney": "悉尼 堪培拉", "Australia/Melbourne": "墨尔本", "Pacific/Auckland": "奥克兰 新西兰 wellington", "Pacific/Honolulu": "夏威夷 檀香山 hawaii",
    "UTC": "utc gmt 格林尼治",
}  # fmt: skip


CHINESE = tuple(name for names in _NAMES.values() for name in names.split() if not name.isascii())
"""The Chinese names of places."""


def zone_of(name: str) -> str | None:
    """Returns the zone of a place by its name in lower case; None when it is not known."""
    return _zones().get(name)


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    """Returns zones by name in lower case. Names of our own come before those of the database."""
    found: dict[str, str] = {}
    for zone in sorted(zoneinfo.available_timezones()):
        area, slash, city = zone.rpartition("/")
        if slash and not area.startswith(("Etc", "SystemV", "US")):
            found[city.replace("_", " ").lower()] = zone
    for zone, names in _NAMES.items():
        found.update({name.replace("_", " "): zone for name in names.split()})
    return found


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    names = sorted(_zones(), key=len, reverse=True)
    latin = "|".join(re.escape(name) for name in names if name.isascii())
    han = "|".join(name for name in names if not name.isascii())
    return re.compile(rf"{han}|\b(?:{latin})\b", re.ASCII)


def find(text: str) -> tuple[str, str] | None:
    """Returns the name of the first place in a text, as it is written, and its zone; None without one."""
    for zone in re.findall(r"\b[A-Z][A-Za-z_]+/[A-Za-z_/]+\b", text):
        if zone in zoneinfo.available_timezones():
            return zone, zone
    plain, positions = folded(text)
    match = _pattern().search(plain)
    if match is None:
        return None
    return text[positions[match.start()] : positions[match.end()]], _zones()[match[0]]
