"""/link and /unlink: what runs inside the transaction that closes the turn, and what the person is told.

A code, a wrong try and a link are each stored together with the answer that tells of it, or not at all.
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
    """Gives the person a code for their other account."""
    if one_time_codes.is_locked(turn.person):
        return _too_often()
    return _(
        "Write me this on the other platform within ten minutes:\n\n`/link %(code)s`\n\nIt works once. Whoever writes "
        "it shares my memory of you, so give it to nobody."
    ) % {"code": one_time_codes.issue_link_code(turn.person)}


def link(turn: Turn, code: str) -> str:
    """Takes the code: this account and everything of its person goes to whoever asked for the code."""
    if one_time_codes.is_locked(turn.person):
        return _too_often()
    kept = one_time_codes.redeem_link_code(turn.person, code)
    if kept is None:
        return _("This code does not work. Get a new one with /link on the other platform.")
    chat = _chat_of(kept)
    try:
        linking.link(kept, turn.person, audit_log.HIMSELF)
    except linking.LinkRefused as error:
        return str(error)
    if chat is not None:
        _tell(chat, kept.language, turn)
    _meet_again(turn)
    if not turn.person.display_name:  # a visitor of the chat page; the key says nothing to anybody
        return _("Done: I know you here as there now, with all you told me there and here. /unlink undoes it.")
    return _("Done: I know you here as %(name)s now, with all you told me there and here. /unlink undoes it.") % {
        "name": turn.person.display_name
    }


def unlink(turn: Turn) -> str:
    """Undoes the link of this account, or the latest one of others to this person."""
    shell = turn.identity.home if turn.identity is not None else None
    if shell is None:
        shell = Person.objects.filter(linked_to=turn.person).order_by("-linked_at", "-pk").first()
    if shell is None or not linking.unlink(shell, audit_log.HIMSELF):
        return _("None of your accounts is connected to another one.")
    _meet_again(turn)
    return _("Done: the two accounts are separate again, each with what was said through it.")


def _chat_of(kept: Person) -> Conversation | None:
    """Where whoever asked for the code is told that it was used: where they wrote last, most likely /link itself."""
    try:
        return proactive.latest_with(kept)
    except proactive.NoWayToPerson:
        return None


def _tell(chat: Conversation, language: str, turn: Turn) -> None:
    """A code may have been given away, or seen by somebody: its owner must learn who shares their memory now."""
    account = (turn.identity.user_name or turn.identity.external_id) if turn.identity is not None else ""
    # as code: a name is a stranger's text, and no link of theirs may stand in our notice
    account = account[:60].replace("`", "'").replace("\n", " ")
    with translation.override(language_of("", language)):
        text = _(
            "Your code was used by the account `%(account)s` on %(platform)s. It shares my memory of you from now on. "
            "If that was not you, write /unlink: it separates the two again."
        ) % {"account": account, "platform": turn.channel.platform}
        proactive.write(chat, text, Message.Role.ASSISTANT, {"notice": "linked"})


def _meet_again(turn: Turn) -> None:
    """What the rest of the turn writes belongs to whom the account belongs to now."""
    if turn.identity is not None:
        turn.identity = Identity.objects.select_related("person__bot", "home").get(pk=turn.identity.pk)
        turn.person = turn.identity.person


def _too_often() -> str:
    return _("There were too many wrong codes. Try again in an hour.")
