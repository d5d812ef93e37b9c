"""What the bot knows of the person: remember, forget by topic, and tell."""

from skills.notes.forget import ForgetSkill
from skills.notes.known import KnownSkill
from skills.notes.remember import RememberSkill

__all__ = ["ForgetSkill", "KnownSkill", "RememberSkill"]
