"""Answers the "Verify" button of the channel form for the values in the form."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from adapters import registry
from adapters.errors import AccountError
from bots.admin.channels.form import ChannelForm, form_name, reasons, stored_account
from bots.i18n.bilingual import in_language
from bots.i18n.failure_texts import labelled
from bots.operations import verification

VERIFY = "_verify"


def verified(form: ChannelForm, base_url: str) -> dict[str, Any]:
    """Verifies the form's account with the platform; stores the outcome only if the stored account is the same.

    Returns:
        ok, text, mend, notes, and `found`: values by form field that the platform reported and the form lacks.
    """
    channel = form.instance
    stored = channel.pk is not None
    platform = channel.platform if stored else str(form.data.get("platform", ""))
    try:
        platform, account = form.account()
    except AccountError as error:
        return _json(platform, _incomplete(platform, error))
    if stored and account == stored_account(channel):
        # read again: the form's instance also holds unsaved values of other fields
        row = type(channel).objects.select_related("bot").get(pk=channel.pk)
        return _json(platform, verification.verify_channel(row, base_url + row.webhook_path, actor=form.actor))
    # The form has refused an account that would send stored secrets to another server.
    return _json(platform, verification.verify_account(platform, account, public_only=form.public_only))


def _incomplete(platform: str, error: AccountError) -> verification.Outcome:
    labels = (
        {field.name: in_language(field.label) for field in registry.account_fields(platform)}
        if platform in registry.platforms()
        else {}
    )
    notes = tuple(labelled(labels[key], reason) if key in labels else reason for key, reason in reasons(error).items())
    return verification.Outcome(False, _("Correct the account first."), notes=notes)


def _json(platform: str, outcome: verification.Outcome) -> dict[str, Any]:
    found = {form_name(platform, key): value for key, value in outcome.found.items()}
    return {"ok": outcome.ok, "text": outcome.text, "mend": outcome.mend, "notes": outcome.notes, "found": found}
