"""The model of the model server: what it serves, and which file it shall serve."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from bots.access import roles
from bots.i18n.failure_texts import describe_column, describe_error
from bots.llm import embedded_discovery, embedded_server, embedded_state, gguf, model_choice
from bots.models import AuditEntry
from bots.operations import configuration_log
from bots.operations.errors import OperationError

if TYPE_CHECKING:
    from bots.people.audit_log import Actor

# Files here are offered on the page; any other path can be typed.
FOLDER = "models"
_MOST_OFFERED = 50


@dataclass(frozen=True, slots=True)
class ServedModel:
    """The model of the model server.

    Attributes:
        name: Its name, or that of its file while it does not run.
        is_demo: It is the demonstration model.
        runs: It answers.
        context_tokens: Tokens of one conversation; known while it runs.
        takes_tools: Known while it runs.
        loading_s: Seconds for which it has been loading; None when it is not.
        failure: Why it does not run, in the active language; "" when that is not known.
    """

    name: str
    is_demo: bool
    runs: bool
    context_tokens: int = 0
    takes_tools: bool = False
    loading_s: int | None = None
    failure: str = ""


def served_model() -> ServedModel | None:
    """Returns the model that the model server serves or shall serve; None when there is none."""
    if running := embedded_discovery.find():
        return ServedModel(running.model, running.is_demo, True, running.context_tokens, running.takes_tools)
    config, file = settings.CLAWDBOT.model_server, model_choice.wanted()
    if not file and not (config.enable and config.words_answers):
        return None
    state = embedded_state.read()
    name = Path(file).name or embedded_server.MODEL_NAME
    if state is None:
        return ServedModel(name, not file, False)
    if state.failure:
        return ServedModel(name, not file, False, failure=describe_column(state, "failure"))
    return ServedModel(name, not file, False, loading_s=state.seconds)


def chosen_file() -> str:
    """Returns the path that was chosen in the admin; "" when the configuration decides."""
    return model_choice.chosen()


def configured_file() -> str:
    """Returns the path in the configuration; "" when it names none."""
    return settings.CLAWDBOT.model_server.model_file


def starts_here() -> bool:
    """Returns whether `serve` starts the model server."""
    return settings.CLAWDBOT.model_server.enable


def offered_files() -> list[str]:
    """Returns the GGUF files in the folder `models` of the installation."""
    folder = Path(settings.CLAWDBOT.home).resolve() / FOLDER
    return [str(path) for path in sorted(folder.glob("*.gguf"))[:_MOST_OFFERED]]


def choose_file(path: str, actor: Actor) -> gguf.ModelFile:
    """Makes the model server serve this file, before that of the configuration.

    Args:
        path: A GGUF file on this machine.
        actor: A superuser, or `COMMAND`: the path says what files this machine has.

    Returns:
        What the file says of the model.

    Raises:
        OperationError: The file cannot be served, or only a superuser may choose it.
    """
    _require_superuser(actor)
    if not path.strip():
        raise OperationError(_("Enter the path of a GGUF file on this server, such as /srv/models/model.gguf."))
    try:
        file = gguf.read(embedded_server.absolute(path))
    except gguf.UnusableFile as error:
        raise OperationError(describe_error(error)) from None
    _store(str(file.path), actor)
    return file


def take_choice_back(actor: Actor) -> None:
    """Makes the configuration decide again.

    Raises:
        OperationError: Only a superuser may.
    """
    _require_superuser(actor)
    _store("", actor)


def _store(path: str, actor: Actor) -> None:
    before = model_choice.chosen()
    if path == before:
        return
    embedded_state.clear()  # a failure of the file before says nothing of this one
    model_choice.choose(path)
    action = configuration_log.Action.CHANGED if path else configuration_log.Action.REMOVED
    configuration_log.record_setting(action, "model_server.model_file", actor)


def _require_superuser(actor: Actor) -> None:
    allowed = actor == AuditEntry.COMMAND if isinstance(actor, str) else roles.is_superuser(actor)
    if not allowed:
        raise OperationError(_("Only a superuser may choose the model file."))
