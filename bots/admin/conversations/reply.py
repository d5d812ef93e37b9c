"""Sends text, files or both to a conversation from its page."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from bots.admin.ui import kept_text
from bots.models import Conversation
from bots.operations.messages import MAX_KEY, MAX_TEXT, FileRefused, KeyUsedBefore, NoWayToPerson, reply_in
from clawdbot.files import File

KEPT = "reply"

if TYPE_CHECKING:
    from bots.admin.ui.base import BotScopedAdmin

    Base = BotScopedAdmin[Conversation]
else:
    Base = object


class ReplyMixin(Base):
    """Adds replies to the admin of conversations. List it before the admin class."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.reply_view)
        return [path("<int:pk>/reply/", view, name="bots_conversation_reply"), *super().get_urls()]

    def reply_key(self, request: HttpRequest, conversation: Conversation) -> str:
        """Returns a new idempotency key for the reply form; "" when the user may not reply."""
        open_here = conversation.closed_at is None
        return uuid.uuid4().hex if open_here and self.has_operate_permission(request, conversation) else ""

    def reply_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Sends the submitted reply, then redirects to the transcript."""
        _reply(request, self.operated(request, pk))
        return self.to_transcript(pk)

    def operated(self, request: HttpRequest, pk: int) -> Conversation:
        """Returns the conversation that a POST acts on.

        Raises:
            Http404: No such conversation, or no POST.
            PermissionDenied: The user may not operate the bot.
        """
        conversation = self.get_object(request, str(pk))
        if conversation is None or request.method != "POST":
            raise Http404
        if not self.has_operate_permission(request, conversation):
            raise PermissionDenied
        return conversation

    def to_transcript(self, pk: int) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:bots_conversation_change", args=(pk,)) + "#transcript")


class TextTooLong(Exception):
    """The reply is longer than a message may be."""


def _too_long(count: int) -> str:
    text = _(
        "Your text has %(count)s characters, %(excess)s too many: %(limit)s at most. "
        "Nothing is lost; shorten it to send."
    )
    return text % {"count": count, "excess": count - MAX_TEXT, "limit": MAX_TEXT}


def _reply(request: HttpRequest, conversation: Conversation) -> None:
    text, key = request.POST.get("text", ""), request.POST.get("key", "")[:MAX_KEY]
    uploads: list[Any] = request.FILES.getlist("files")
    if not text.strip() and not uploads:
        messages.error(request, _("Write something or choose a file."))
        return
    try:
        if len(text) > MAX_TEXT:
            raise TextTooLong(_too_long(len(text)))
        files = [File(upload.read(), str(upload.name)) for upload in uploads]
        reply_in(conversation, text, files=files, idempotency_key=key or None)
    except (TextTooLong, FileRefused, KeyUsedBefore, NoWayToPerson) as error:
        kept_text.keep(request, KEPT, conversation.pk, text)
        messages.error(request, str(error))
    else:
        messages.success(request, _("Stored; it is being sent."))
