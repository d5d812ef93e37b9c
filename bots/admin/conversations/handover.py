"""The buttons that take a conversation over from the bot and hand it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from bots.admin.conversations.reply import ReplyMixin
from bots.models import Conversation
from bots.operations import handover


class HandoverMixin(ReplyMixin):
    """Adds handover and replies to the admin of conversations. List it before the admin class."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.handover_view)
        return [path("<int:pk>/handover/", view, name="bots_conversation_handover"), *super().get_urls()]

    def handover_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hands the conversation to `to` ("human" or "bot"), then redirects to the transcript."""
        _hand(request, self.operated(request, pk), to_human=request.POST.get("to") == "human")
        return self.to_transcript(pk)


def _hand(request: HttpRequest, conversation: Conversation, *, to_human: bool) -> None:
    try:
        moved = handover.take_over(conversation) if to_human else handover.hand_back(conversation)
    except handover.ConversationClosed as error:
        messages.error(request, str(error))
        return
    if to_human:
        done = _("You answer now; the bot is silent in this conversation.")
        was = _("A human answers here already.")
    else:
        done, was = _("The bot answers again."), _("The bot answers here already.")
    messages.success(request, done) if moved else messages.info(request, was)
