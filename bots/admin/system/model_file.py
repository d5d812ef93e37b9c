"""The part of the page "Connect a model" where a superuser chooses the file that the model server serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bots.access import roles
from bots.models import ModelProvider
from bots.operations import served_model
from bots.operations.errors import OperationError

if TYPE_CHECKING:
    from bots.admin.ui.base import BaseAdmin

    Base = BaseAdmin[ModelProvider]
else:
    Base = object

_LONGEST_PATH = 4096


def shown(request: HttpRequest) -> dict[str, Any] | None:
    """Returns what the page shows of the file; None for whoever may not choose it."""
    if not roles.is_superuser(request.user):
        return None
    chosen, configured = served_model.chosen_file(), served_model.configured_file()
    return {
        "path": chosen or configured,
        "chosen": chosen,
        "configured": configured,
        "offered": served_model.offered_files(),
        "starts_here": served_model.starts_here(),
    }


class ModelFileMixin(Base):
    """Adds the two acts to the admin of providers. List it before the admin class."""

    def get_urls(self) -> list[URLPattern]:
        chooses = self.admin_site.admin_view(self.choose_file_view)
        takes_back = self.admin_site.admin_view(self.take_choice_back_view)
        return [
            path("connect/model-file/", chooses, name="bots_modelprovider_connect_model_file"),
            path("connect/model-file/back/", takes_back, name="bots_modelprovider_connect_model_file_back"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def choose_file_view(self, request: HttpRequest) -> JsonResponse:
        """Makes the model server serve the file in the form."""
        _require_superuser(request)
        try:
            file = served_model.choose_file(request.POST.get("model_file", "")[:_LONGEST_PATH], request.user)
        except OperationError as error:
            return JsonResponse({"ok": False, "text": str(error), "mend": "", "notes": []})
        values = {"name": file.name, "tokens": file.context_tokens or "?"}
        messages.success(
            request, _("%(name)s (trained with %(tokens)s tokens) is chosen. The model server loads it now.") % values
        )
        if not file.chat_template:
            messages.warning(
                request, _("The file has no chat template: the model may continue texts instead of answering.")
            )
        return JsonResponse({"ok": True, "next": reverse("admin:bots_modelprovider_connect")})

    @method_decorator(require_POST)
    def take_choice_back_view(self, request: HttpRequest) -> JsonResponse:
        """Makes the configuration decide again."""
        _require_superuser(request)
        served_model.take_choice_back(request.user)
        told = _("The choice is taken back.")
        messages.success(request, f"{told} {_after_taking_back()}")
        return JsonResponse({"ok": True, "next": reverse("admin:bots_modelprovider_connect")})


def _after_taking_back() -> str:
    if file := served_model.configured_file():
        return _("The model server serves the file of the configuration: %(path)s") % {"path": file}
    return _("No model file is served any more.")


def _require_superuser(request: HttpRequest) -> None:
    if not roles.is_superuser(request.user):
        raise PermissionDenied
