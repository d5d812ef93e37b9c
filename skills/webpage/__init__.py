"""Reads a public web page."""

from skills.webpage.skill import WebPageSkill

__all__ = ["WebPageSkill"]
