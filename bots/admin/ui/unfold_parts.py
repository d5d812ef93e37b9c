"""Typed versions of unfold's decorators; unfold ships no types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from unfold import decorators

F = TypeVar("F", bound=Callable[..., Any])


def display(**options: Any) -> Callable[[F], F]:
    """Marks a computed column, as `unfold.decorators.display`; `label` maps the value's key to a colour."""
    return cast(Callable[[F], F], decorators.display(**options))


def action(**options: Any) -> Callable[[F], F]:
    """Marks a form button (`actions_submit_line`), as `unfold.decorators.action`; it is always a POST."""
    return cast(Callable[[F], F], decorators.action(**options))
