"""Unfold's decorators with types, because it ships none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from unfold import decorators

F = TypeVar("F", bound=Callable[..., Any])


def display(**options: Any) -> Callable[[F], F]:
    """As `unfold.decorators.display`: a computed column; `label` maps the value's key to a colour."""
    return cast(Callable[[F], F], decorators.display(**options))


def action(**options: Any) -> Callable[[F], F]:
    """As `unfold.decorators.action`: a button of the form (`actions_submit_line`), so it always comes by POST."""
    return cast(Callable[[F], F], decorators.action(**options))
