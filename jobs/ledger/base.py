"""What all tables of the ledger share, and the ledger's own name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, DateTime, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Base of all ledger tables."""

    type_annotation_map = {dict[str, Any]: JSON, list[str]: JSON, datetime: DateTime(timezone=True)}


class Identity(Base):
    """Name of this ledger, given once at random: a lake takes the commits of one ledger only."""

    __tablename__ = "identity"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
