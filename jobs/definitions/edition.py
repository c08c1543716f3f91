"""Editions of a form: a 制度年度 renames columns and changes codes."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Edition(BaseModel):
    """One 制度年度 of a form: what it calls its columns and which codes it uses.

    It holds for the periods that end on or after the first day of ``from``, until the next edition's.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    since: str = Field(alias="from")
    """Period key."""
    headers: dict[str, list[str]] = {}
    """Column -> the names that replace its own in this edition."""
    codes: dict[str, dict[str, str]] = {}
    """Column -> the code list that replaces its own in this edition: text in the file -> stored value."""
