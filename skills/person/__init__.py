"""Hands the conversation over to a person."""

from skills.person.skill import PersonSkill

__all__ = ["PersonSkill"]
