"""The acts of /link and /unlink, which run inside the transaction that closes the turn, and their answers.

A code, a wrong try and a link are each committed together with the answer that reports it, or not at all.
"""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from bots.i18n.language import language_of
from bots.models import Conversation, Identity, Message, Person
from bots.people import audit_log, linking, one_time_codes
from bots.pipeline.engine.turn import Turn
from bots.pipeline.outbox import proactive


def offer(turn: Turn) -> str:
    """Issues a code for the person's other account. Returns the answer."""
    if one_time_codes.is_locked(turn.person):
        return _too_often()
    return _(
        "Write me this on the other platform within ten minutes:\n\n`/link %(code)s`\n\nIt works once. Whoever writes "
        "it shares my memory of you, so give it to nobody."
    ) % {"code": one_time_codes.issue_link_code(turn.person)}


def link(turn: Turn, code: str) -> str:
    """Redeems the code: moves this account and all data of its person to the owner of the code. Returns the answer."""
    if one_time_codes.is_locked(turn.person):
        return _too_often()
    kept = one_time_codes.redeem_link_code(turn.person, code)
    if kept is None:
        return _("This code does not work. Get a new one with /link on the other platform.")
    chat = _latest_chat(kept)
    try:
        linking.link(kept, turn.person, audit_log.HIMSELF)
    except linking.LinkRefused as error:
        return str(error)
    if chat is not None:
        _notify_owner(chat, kept.language, turn)
    _reload_speaker(turn)
    if not turn.person.display_name:  # a visitor of the chat page, whose key means nothing to them
        return _("Done: I know that both accounts are yours, and remember what you told me on each. /unlink undoes it.")
    return _(
        "Done: I know you here as %(name)s too, and remember what you told me on each account. /unlink undoes it."
    ) % {"name": turn.person.display_name}


def unlink(turn: Turn) -> str:
    """Undoes the link of this account, else the latest link to this person. Returns the answer."""
    linked = turn.identity.home if turn.identity is not None else None
    if linked is None:
        linked = Person.objects.filter(linked_to=turn.person).order_by("-linked_at", "-pk").first()
    if linked is None or not linking.unlink(linked, audit_log.HIMSELF):
        return _("None of your accounts is connected to another one.")
    _reload_speaker(turn)
    return _("Done: the two accounts are separate again, each with what was said through it.")


def _latest_chat(kept: Person) -> Conversation | None:
    """Returns the chat in which the code's owner wrote last, most likely /link itself; None without a private chat."""
    try:
        return proactive.latest_with(kept)
    except proactive.NoWayToPerson:
        return None


def _notify_owner(chat: Conversation, language: str, turn: Turn) -> None:
    """Tells the code's owner who used it: a code may have been passed on or seen by somebody else."""
    account = (turn.identity.user_name or turn.identity.external_id) if turn.identity is not None else ""
    # as code: the name is untrusted text, and a link in it must not become a link in our notice
    account = account[:60].replace("`", "'").replace("\n", " ")
    with translation.override(language_of("", language)):
        text = _(
            "Your code was used by the account `%(account)s` on %(platform)s. It shares my memory of you from now on. "
            "If that was not you, write /unlink: it separates the two again."
        ) % {"account": account, "platform": turn.channel.platform}
        proactive.write(chat, text, Message.Role.ASSISTANT, {"notice": "linked"})


def _reload_speaker(turn: Turn) -> None:
    """Sets the turn's person to the account's new owner, who gets what the rest of the turn writes."""
    if turn.identity is not None:
        turn.identity = Identity.objects.select_related("person__bot", "home").get(pk=turn.identity.pk)
        turn.person = turn.identity.person


def _too_often() -> str:
    return _("There were too many wrong codes. Try again in an hour.")
