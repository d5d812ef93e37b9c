"""Stores checked skills as rows, so that every machine has them."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from skills.instructions import archives, catalogue, folders, packages
from skills.instructions.errors import InvalidSkill
from skills.instructions.models import InstructionFile, InstructionSkill
from skills.instructions.packages import Package

Source = InstructionSkill.Source


def from_zip(data: bytes) -> tuple[InstructionSkill, bool]:
    """Stores the skill of a zip. Returns its row, and whether it is new.

    Raises:
        InvalidSkill: The zip is no valid skill.
    """
    return store(packages.read(archives.read(data)), Source.UPLOAD)


def from_folder(folder: Path) -> tuple[list[InstructionSkill], list[tuple[str, str]]]:
    """Stores the skills of a folder. Rows whose folder is gone stay: a bot may use them.

    Returns:
        The rows that are new or changed, and the folders that are no valid skill with the reason of each.
    """
    stored: list[InstructionSkill] = []
    refused: list[tuple[str, str]] = []
    places: dict[str, str] = {}
    for path in folders.skill_folders(folder):
        place = path.relative_to(folder).as_posix() if path != folder else path.name
        try:
            package = packages.read(folders.read(path))
        except InvalidSkill as error:
            refused.append((place, str(error)))
            continue
        if (first := places.setdefault(package.parsed.name, place)) != place:  # else the two take turns for ever
            refused.append((place, _("“%(folder)s” holds a skill of the same name.") % {"folder": first[:100]}))
            continue
        known = InstructionSkill.objects.filter(name=package.parsed.name).first()
        if known is not None and known.source == Source.UPLOAD:
            refused.append((place, _("A skill of this name was uploaded; delete it first.")))
        elif known is None or known.fingerprint != package.fingerprint:
            stored.append(store(package, Source.FOLDER)[0])
    return stored, refused


def store(package: Package, source: str) -> tuple[InstructionSkill, bool]:
    """Inserts or replaces a skill. A bot that uses it goes on only if nothing in it changed."""
    parsed = package.parsed
    values = {
        "description": parsed.description,
        "license": parsed.license,
        "compatibility": parsed.compatibility,
        "metadata": dict(parsed.metadata),
        "allowed_tools": list(parsed.allowed_tools),
        "body": parsed.body,
        "fingerprint": package.fingerprint,
        "source": source,
        "warnings": list(parsed.warnings),
    }
    with transaction.atomic():
        row, fresh = InstructionSkill.objects.update_or_create(name=parsed.name, defaults=values)
        row.files.all().delete()
        InstructionFile.objects.bulk_create(
            InstructionFile(
                skill=row, path=file.path, size=file.size, is_text=file.text is not None, text=file.text or ""
            )
            for file in package.files
        )
    catalogue.clear_cache()
    return row, fresh
