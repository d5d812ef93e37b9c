"""The base of all groups of settings."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator, model_validator


class Section(BaseModel):
    """A group of settings. An unknown key is an error; a key without a value counts as absent."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {name: value for name, value in values.items() if value is not None or name not in cls.model_fields}

    @field_validator("*", mode="before")
    @classmethod
    def _fold_choice(cls, value: Any, info: ValidationInfo) -> Any:
        """Takes a choice in any case: FAISS for faiss."""
        kind = cls.model_fields[info.field_name or ""].annotation
        if get_origin(kind) is not Literal or not isinstance(value, str):
            return value
        folded = value.strip().casefold()
        return next((choice for choice in get_args(kind) if choice.casefold() == folded), value)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_boolean_as_number(cls, value: Any, info: ValidationInfo) -> Any:
        # YAML reads on, off, yes and no as booleans, and Python counts those as 1 and 0.
        number = cls.model_fields[info.field_name or ""].annotation in (int, float)
        if number and isinstance(value, bool):
            raise ValueError("should be a number")
        return value
