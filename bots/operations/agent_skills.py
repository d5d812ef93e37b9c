"""Takes agent skills (SKILL.md) from zips and from the configured folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from bots.operations import configuration_log
from bots.operations.configuration_log import COMMAND, Action
from bots.operations.errors import OperationError
from skills.instructions import archives, catalogue, storing
from skills.instructions.errors import InvalidSkill
from skills.instructions.models import InstructionSkill

if TYPE_CHECKING:
    from bots.people.audit_log import Actor

MOST_ZIP_BYTES = archives.MOST_ZIP_BYTES


@dataclass(frozen=True, slots=True)
class FolderRead:
    """What a reading of the folder did: names of new or changed skills, and refused folders with the reason."""

    stored: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


def add_zip(data: bytes, actor: Actor = COMMAND) -> tuple[InstructionSkill, bool]:
    """Stores the skill of a zip, in place of one of the same name. Returns the row, and whether it is new.

    Raises:
        OperationError: The zip is no valid skill; the text says what is wrong.
    """
    try:
        with transaction.atomic():
            row, fresh = storing.from_zip(data)
            configuration_log.record(Action.ADDED if fresh else Action.CHANGED, row, actor, ["files"])
    except InvalidSkill as error:
        raise OperationError(str(error)) from None
    return row, fresh


def folder() -> Path | None:
    """Returns the folder of skills in the settings; None when there is none."""
    named: str = settings.CLAWDBOT.agent_skills.folder
    return Path(named) if named else None


def read_folder(actor: Actor = COMMAND) -> FolderRead:
    """Stores what is new or changed in the folder of the settings.

    Raises:
        OperationError: No folder is configured, or it cannot be read.
    """
    place = folder()
    if place is None:
        raise OperationError(_("No folder is configured: set agent_skills.folder."))
    try:
        with transaction.atomic():
            stored, refused = storing.from_folder(place)
            for row in stored:
                configuration_log.record(Action.CHANGED, row, actor, ["files"])
    except InvalidSkill as error:
        raise OperationError(str(error)) from None
    return FolderRead(tuple(row.name for row in stored), tuple(refused))


def clear_cache() -> None:
    """Has this process read the rows again after an admin page changed them."""
    catalogue.clear_cache()
