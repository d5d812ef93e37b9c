"""The state column of a queue, whose look-ups write constants into the SQL."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.lookups import Exact, In


class StateField(models.CharField):  # type: ignore[type-arg]  # generic only for the type checker
    """A CharField with choices. Look-ups write a choice as a literal: `state='dead'` instead of `state=?`.

    SQLite uses a partial index only when the statement itself contains the condition of the index. With a bound
    parameter it reads every finished row instead.
    """

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def literal(self, value: Any) -> str | None:
        """Returns the choice as an SQL literal; None for anything that is no choice, which stays a parameter."""
        known = {str(choice) for choice, _label in self.flatchoices}
        return f"'{value}'" if str(value) in known and str(value).isalpha() else None


@StateField.register_lookup
class LiteralExact(Exact):
    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        literal = self.lhs.output_field.literal(self.rhs) if isinstance(self.rhs, str) else None
        return (literal, ()) if literal is not None else super().process_rhs(compiler, connection)


@StateField.register_lookup
class LiteralIn(In):
    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        if isinstance(self.rhs, (tuple, list)) and self.rhs and all(isinstance(value, str) for value in self.rhs):
            literals = [self.lhs.output_field.literal(value) for value in self.rhs]
            if None not in literals:
                return f"({', '.join(map(str, literals))})", ()
        return super().process_rhs(compiler, connection)
