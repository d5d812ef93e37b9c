"""The dashboard of the admin: the current figures, and the first steps in a new installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.admin.home.figures import Figures, collect
from bots.admin.home.usage_days import Day
from bots.admin.ui.access import VIEWER, access_of
from bots.admin.ui.fragments import ago, provider_state, provider_state_text
from bots.i18n.program import as_typed
from bots.monitoring import backups, readiness
from bots.operations import served_model

BAR_HEIGHT = 96


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure; `tone` is "", "good" or "bad"."""

    label: str
    value: str
    note: str = ""
    tone: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the chart, in SVG units."""

    x: int
    y: int
    height: int
    label: str
    title: str

    @property
    def middle(self) -> int:
        return self.x + 20


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One thing to do in a new installation."""

    title: str
    text: str
    link: str
    done: bool


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK: adds the dashboard to the index page's context."""
    figures = collect(access_of(request).bots(VIEWER))
    steps = _first_steps(figures)
    return {
        **context,
        "tiles": _tiles(
            figures, readiness.check() if request.user.is_superuser else {}, bool(request.user.is_superuser)
        ),
        "bars": _bars(figures.days),
        "totals": _totals(figures.days),
        "providers": [
            {
                "name": provider.name,
                "model": provider.model,
                "state": (state := provider_state(provider)),
                "text": provider_state_text(state),
                "last_ok": ago(provider.last_ok_at),
                "link": reverse("admin:bots_modelprovider_change", args=(provider.pk,)),
            }
            for provider in (figures.providers if request.user.has_perm("bots.view_modelprovider") else ())
        ],
        "embedded_model": served_model.served_model(),
        "may_see_providers": request.user.has_perm("bots.view_modelprovider"),
        "provider_link": reverse("admin:bots_modelprovider_connect"),
        "first_steps": () if all(step.done for step in steps) or not request.user.is_superuser else steps,
    }


def _tiles(figures: Figures, parts: Mapping[str, readiness.Part], is_superuser: bool) -> tuple[Tile, ...]:
    inbox, outbox = reverse("admin:bots_inboundevent_changelist"), reverse("admin:bots_outboundmessage_changelist")
    dead_link = f"{outbox if figures.dead_out or not figures.dead_in else inbox}?state__exact=dead"
    return (
        Tile(
            _("Messages today"),
            number_format(figures.messages_today),
            link=reverse("admin:bots_conversation_changelist"),
        ),
        Tile(
            _("Answered today"), number_format(figures.answered_today), link=reverse("admin:bots_turnusage_changelist")
        ),
        Tile(
            _("Waiting"),
            number_format(figures.waiting),
            _("%(in)s to answer, %(out)s to send") % {"in": figures.waiting_in, "out": figures.waiting_out},
            link=f"{outbox if figures.waiting_out else inbox}?state__exact=pending",
        ),
        Tile(
            _("Dead letters"),
            number_format(figures.dead),
            _("given up after the last try") if figures.dead else _("nothing was lost"),
            "bad" if figures.dead else "good",
            dead_link,
        ),
        Tile(
            _("Oldest unsent"),
            ago(figures.oldest_out),
            "" if figures.oldest_out else _("outbox empty"),
            link=f"{outbox}?state__exact=pending",
        ),
        *_outage_tiles(figures),
        *_human_tile(figures),
        *_skills_tile(figures),
        *_server_tile(figures),
        *_limits_tile(figures),
        _worker_tile(figures),
        *_backup_tiles(is_superuser),
        *_trouble_tile(parts),
    )


def _outage_tiles(figures: Figures) -> tuple[Tile, ...]:
    """Returns the tiles of messages that no model answers; none when there is no such message."""
    tiles = []
    if figures.waiting_for_model:
        link = f"{reverse('admin:bots_inboundevent_changelist')}?state__exact=pending"
        count = number_format(figures.waiting_for_model)
        tiles.append(Tile(_("Wait for a model"), count, _("no language model answers"), "bad", link))
    if figures.unanswered_messages:
        link = f"{reverse('admin:bots_conversation_changelist')}?unanswered=yes"
        count = number_format(figures.unanswered_messages)
        note = _("retry them in the inbox, or write to the people")
        tiles.append(Tile(_("Unanswered"), count, note, "bad", link))
    return tuple(tiles)


def _trouble_tile(parts: Mapping[str, readiness.Part]) -> tuple[Tile, ...]:
    """Returns the tile that names what is down, as `/readyz` does; none when everything works."""
    names = {
        "database": _("database"),
        "disk": _("disk space"),
        "broker": _("message broker"),
        "memory": _("memory database"),
        "queue": _("worker processes"),
        "beat": _("schedules"),
        "chats": _("chats without an answer"),
        "model": _("language model"),
        "backup": _("backup"),
        "index": _("search index"),
    }
    down = [names[name] for name, part in parts.items() if not part.ready]
    if not down:
        return ()
    note = as_typed(_("python manage.py doctor says how to mend it"))
    return (Tile(_("Down"), ", ".join(down), note, "bad"),)


def _backup_tiles(is_superuser: bool) -> tuple[Tile, ...]:
    """Returns the tiles of a backup that failed or is late, and of what a restore holds; none without trouble."""
    if not is_superuser:
        return ()
    found, held, tiles = backups.look(), backups.held(), []
    link = reverse("admin:bots_backuprun_changelist")
    if held:
        label, note = _("Held after a restore"), _("release or drop it")
        tiles.append(Tile(label, number_format(held), note, "bad", link))
    if found.failed or found.late:
        label = _("Backup failed") if found.failed else _("Backup late")
        value = ago(found.last) if found.last is not None else _("never")
        tiles.append(Tile(label, value, found.failed, "bad", link))
    return tuple(tiles)


def _server_tile(figures: Figures) -> tuple[Tile, ...]:
    """Returns the tile of MCP servers whose latest contact failed; none when all answer."""
    if not figures.failing_servers:
        return ()
    names = ", ".join(figures.failing_servers[:3])
    link = reverse("admin:skills_mcpserver_changelist")
    return (Tile(_("MCP servers down"), number_format(len(figures.failing_servers)), names, "bad", link),)


def _limits_tile(figures: Figures) -> tuple[Tile, ...]:
    """Returns the tile of limits that are nearly used up; none when there is no such limit."""
    if not figures.limits_near:
        return ()
    note = _("at the limit, people get built-in answers")
    link = reverse("admin:bots_limit_changelist")
    return (Tile(_("Limits nearly used up"), number_format(figures.limits_near), note, "bad", link),)


def _human_tile(figures: Figures) -> tuple[Tile, ...]:
    """Returns the tile of conversations with a human; none when there is no such conversation."""
    if not figures.with_human:
        return ()
    waiting = figures.unanswered
    note = ngettext("%(n)s waits for an answer", "%(n)s wait for an answer", waiting) % {"n": waiting}
    return (
        Tile(
            _("With a human"),
            number_format(figures.with_human),
            note if waiting else _("all answered"),
            "bad" if waiting else "",
            f"{reverse('admin:bots_conversation_changelist')}?state__exact=human",
        ),
    )


def _skills_tile(figures: Figures) -> tuple[Tile, ...]:
    """Returns the tile of skills that were switched off because they failed; none when there is none."""
    if not figures.skills_off:
        return ()
    link = reverse("admin:skills_skillhealth_changelist")
    return (Tile(_("Skills switched off"), number_format(figures.skills_off), _("they failed too often"), "bad", link),)


def _worker_tile(figures: Figures) -> Tile:
    link = reverse("admin:bots_worker_changelist")
    if not figures.workers_fresh:
        note = _("messages are kept, nobody answers them") if figures.workers else _("start the product with make run")
        return Tile(_("Workers"), _("none alive"), note, "bad", link)
    count = figures.workers_fresh
    value = ngettext("%(n)s alive", "%(n)s alive", count) % {"n": count}
    # The age is HTML; `%` would turn it into an unsafe string, which is escaped.
    note = format_html(_("heartbeat %(age)s").replace("%(age)s", "{}"), ago(figures.heartbeat))
    return Tile(_("Workers"), value, note, "good", link)


def _bars(days: tuple[Day, ...]) -> tuple[Bar, ...]:
    most = max((day.tokens for day in days), default=0)
    bars = []
    for number, day in enumerate(days):
        # at least 2 units, so that a quiet day stays visible beside a busy one
        height = max(round(day.tokens / most * BAR_HEIGHT), 2) if most and day.tokens else 0
        title = _("%(day)s: %(tokens)s tokens in %(turns)s turns, cost %(cost)s") % {
            "day": date_format(day.day, "SHORT_DATE_FORMAT"),
            "tokens": number_format(day.tokens, force_grouping=True),
            "turns": day.turns,
            "cost": _money(day.cost),
        }
        bars.append(Bar(number * 60 + 10, BAR_HEIGHT - height + 10, height, date_format(day.day, "D"), title))
    return tuple(bars)


def _totals(days: tuple[Day, ...]) -> dict[str, str]:
    return {
        "any": "yes" if any(day.turns for day in days) else "",
        "tokens": number_format(sum(day.tokens for day in days), force_grouping=True),
        "turns": number_format(sum(day.turns for day in days), force_grouping=True),
        "cost": _money(sum((day.cost for day in days), Decimal(0))),
    }


def _money(amount: Decimal) -> str:
    return number_format(amount.quantize(Decimal("0.0001") if 0 < amount < 1 else Decimal("0.01")))


def _first_steps(figures: Figures) -> tuple[FirstStep, ...]:
    return (
        FirstStep(
            _("Make a bot"),
            _("Give it a name and tell it what it is for."),
            reverse("admin:bots_bot_changelist" if figures.has_bot else "admin:bots_bot_add"),
            figures.has_bot,
        ),
        FirstStep(
            _("Talk to it"),
            _("The web chat is open already; tell it something worth remembering."),
            "/",
            figures.has_message,
        ),
        FirstStep(
            _("Connect a model"),
            _("Without one, bots answer from memory, commands and skills. Any OpenAI-compatible endpoint will do."),
            reverse("admin:bots_modelprovider_connect"),
            figures.has_provider,
        ),
        FirstStep(
            _("Connect a platform"),
            _("Telegram needs only the token from BotFather."),
            reverse("admin:bots_channel_add"),
            figures.has_platform_channel,
        ),
    )
