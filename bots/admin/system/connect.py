"""The page "Connect a model": a service, a key, a model from the endpoint's list, a test, and the provider is made."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from bots.admin.system import model_file
from bots.admin.system.model_file import ModelFileMixin
from bots.admin.ui.access import VIEWER, access_of
from bots.i18n.failure_texts import labelled
from bots.models import ModelProvider
from bots.models.provider import CONTEXT_TOKENS
from bots.operations import address_rules, connect, served_model
from bots.operations.errors import OperationError

if TYPE_CHECKING:
    from bots.admin.ui.base import BaseAdmin

    Base = BaseAdmin[ModelProvider]
else:
    Base = object

_MOST_PRICE = Decimal(999_999)
_NAMED_BOTS = 5


class ConnectForm(forms.Form):
    """What the page sends; empty fields are filled by the preset and the price list."""

    preset = forms.ChoiceField(choices=[(one.key, one.name) for one in connect.PRESETS])
    endpoint = forms.CharField(label=gettext_lazy("endpoint"), required=False, max_length=300)
    api_key = forms.CharField(label=gettext_lazy("API key"), required=False, max_length=10_000)
    model = forms.CharField(label=gettext_lazy("model"), required=False, max_length=120)
    name = forms.CharField(label=gettext_lazy("name"), required=False, max_length=60)
    context_tokens = forms.IntegerField(
        label=gettext_lazy("context window (tokens)"),
        required=False,
        min_value=CONTEXT_TOKENS[0],
        max_value=CONTEXT_TOKENS[1],
    )
    input_price = forms.DecimalField(
        label=gettext_lazy("price per million input tokens"),
        required=False,
        min_value=0,
        max_value=_MOST_PRICE,
        decimal_places=4,
    )
    output_price = forms.DecimalField(
        label=gettext_lazy("price per million output tokens"),
        required=False,
        min_value=0,
        max_value=_MOST_PRICE,
        decimal_places=4,
    )
    can_see = forms.BooleanField(required=False)
    question = forms.CharField(label=gettext_lazy("question"), required=False, max_length=connect.LONGEST_QUESTION)

    def draft(self) -> connect.Draft:
        """Returns the entered values.

        Raises:
            OperationError: One of them is invalid.
        """
        if not self.is_valid():
            problems = [(self.fields[name].label or name, texts) for name, texts in self.errors.items()]
            raise OperationError(" ".join(labelled(str(name), " ".join(map(str, texts))) for name, texts in problems))
        values = {name: value for name, value in self.cleaned_data.items() if name not in ("preset", "question")}
        return connect.Draft(preset=connect.preset(self.cleaned_data["preset"]), **values)


class ConnectMixin(ModelFileMixin, Base):
    """Adds the page to the admin of providers. List it before the admin class."""

    def get_urls(self) -> list[URLPattern]:
        def view(name: str, function: Any) -> URLPattern:
            route = f"connect/{name}/" if name else "connect/"
            full_name = f"bots_modelprovider_connect_{name}" if name else "bots_modelprovider_connect"
            pattern: URLPattern = path(route, self.admin_site.admin_view(function), name=full_name)
            return pattern

        return [
            view("", self.connect_view),
            view("local", self.local_view),
            view("known", self.known_view),
            view("models", self.models_view),
            view("test", self.test_view),
            view("save", self.save_view),
            *super().get_urls(),
        ]

    @method_decorator(require_GET)
    def connect_view(self, request: HttpRequest) -> HttpResponse:
        """Shows the page; `?preset=` chooses a service."""
        self._require_right(request)
        asked = request.GET.get("preset", "")
        chosen = asked if asked in {one.key for one in connect.PRESETS} else connect.PRESETS[0].key
        extra = {
            "title": _("Connect a model"),
            "presets": [_shown(one) for one in connect.PRESETS],
            "chosen": chosen,
            "looks_around": address_rules.may_reach_private(request.user),
            "embedded_model": served_model.served_model(),
            "model_file": model_file.shown(request),
            "may_see_list": self.has_view_permission(request),
        }
        return self.page(request, "admin/bots/modelprovider/connect.html", extra)

    @method_decorator(require_GET)
    def local_view(self, request: HttpRequest) -> HttpResponse:
        """Returns the model servers that run on this machine."""
        self._require_right(request)
        found = connect.servers_of_this_machine(request.user)
        servers = [
            {
                "preset": one.preset,
                "endpoint": one.endpoint,
                "title": f"{one.name} · {one.endpoint}",
                "models": one.models,
                "note": _("asks for a key") if one.needs_key else ", ".join(one.models[:3]) or _("no models yet"),
            }
            for one in found
        ]
        return JsonResponse({"servers": servers})

    @method_decorator(require_GET)
    def known_view(self, request: HttpRequest) -> HttpResponse:
        """Returns price and context window of a model as the price list has them."""
        self._require_right(request)
        try:
            chosen = connect.preset(request.GET.get("preset", ""))
        except OperationError:
            return JsonResponse({})
        found = connect.known(chosen, request.GET.get("model", "")[:120])
        if found is None:
            return JsonResponse({})
        prices = {"input_price": found.input_price, "output_price": found.output_price}
        texts = {name: f"{value:f}".rstrip("0").rstrip(".") for name, value in prices.items() if value is not None}
        return JsonResponse({"context_tokens": str(found.context_tokens or ""), **texts})

    @method_decorator(require_POST)
    def models_view(self, request: HttpRequest) -> HttpResponse:
        """Returns the models of the endpoint in the form."""
        self._require_right(request)
        try:
            found = connect.list_models(ConnectForm(request.POST).draft(), request.user)
        except OperationError as error:
            return _refused(error)
        count = len(found.models)
        text = ngettext("The endpoint has %(n)s model.", "The endpoint has %(n)s models.", count) % {"n": count}
        models = [
            {"name": one.name, "context_tokens": one.context_tokens, "can_see": one.can_see} for one in found.models
        ]
        return JsonResponse({"ok": found.ok, "text": found.text or text, "mend": found.mend, "models": models})

    @method_decorator(require_POST)
    def test_view(self, request: HttpRequest) -> HttpResponse:
        """Asks the model in the form one question."""
        self._require_right(request)
        form = ConnectForm(request.POST)
        try:
            trial = connect.try_model(form.draft(), request.user, form.cleaned_data["question"])
        except OperationError as error:
            return _refused(error)
        return JsonResponse({"ok": trial.ok, "text": trial.text, "mend": trial.mend, "notes": _figures(trial)})

    @method_decorator(require_POST)
    def save_view(self, request: HttpRequest) -> HttpResponse:
        """Makes the provider, and says which bots ask it."""
        self._require_right(request)
        try:
            provider = connect.save(ConnectForm(request.POST).draft(), request.user)
        except OperationError as error:
            return _refused(error)
        messages.success(request, _used_by(provider, connect.bots_that_use(provider, access_of(request).bots(VIEWER))))
        listed = self.has_view_permission(request)
        place = "admin:bots_modelprovider_changelist" if listed else "admin:bots_modelprovider_connect"
        return JsonResponse({"ok": True, "next": reverse(place)})

    def _require_right(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied


def _refused(error: OperationError) -> JsonResponse:
    return JsonResponse({"ok": False, "text": str(error), "mend": "", "notes": [], "models": []})


def _shown(one: connect.Preset) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": _(one.name),
        "endpoints": one.endpoints,
        "model": one.model,
        "context_tokens": one.context_tokens,
        "can_see": one.can_see,
        "keys_at": one.keys_at,
        "note": _(one.note) if one.note else "",
    }


def _figures(trial: connect.Trial) -> list[str]:
    if not trial.ok:
        return []
    lines = [
        _("%(ms)s ms in all, first token after %(first)s ms") % {"ms": trial.ms, "first": trial.first_token_ms}
        if trial.first_token_ms
        else _("%(ms)s ms in all") % {"ms": trial.ms},
        _("%(sent)s tokens sent, %(got)s received") % {"sent": trial.prompt_tokens, "got": trial.completion_tokens},
    ]
    if trial.cost:
        lines.append(_("price of this test: %(cost)s") % {"cost": f"{trial.cost:.6f}"})
    if trial.model:
        lines.append(_("model: %(model)s") % {"model": trial.model[:120]})
    return lines


def _used_by(provider: ModelProvider, bots: list[str]) -> str:
    values = {"name": provider.name, "model": provider.model, "bots": ", ".join(bots[:_NAMED_BOTS])}
    if not bots:
        return _("%(name)s (%(model)s) is connected. No bot of yours asks it yet.") % values
    if len(bots) > _NAMED_BOTS:
        values["bots"] += " …"
    return _("%(name)s (%(model)s) is connected. From the next message on it is asked by: %(bots)s.") % values
