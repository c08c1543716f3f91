"""Tables of the ledger: what was received, accepted, released, published."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from jobs.ledger.base import Base


class Poll(Base):
    """One look at a source: its ordered list of new files, written before anything is appended."""

    __tablename__ = "poll"

    poll_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    """Random name of what the poll appends: unique also beside a lake that outlived its ledger."""
    feed: Mapped[str] = mapped_column(String(64), index=True)
    opened_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    run_id: Mapped[str | None] = mapped_column(String(255))
    """Airflow task run that did it (``dag_id/run_id``); null when run by hand."""


class Look(Base):
    """When a feed's source was read to its end; what was not looked for is not late."""

    __tablename__ = "look"

    feed: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)


class File(Base):
    """A file as found at the source at one time, and what became of it."""

    __tablename__ = "file"
    __table_args__ = (UniqueConstraint("feed", "path", "modified_at", "size", "turn"),)

    file_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    feed: Mapped[str] = mapped_column(String(64), index=True)
    path: Mapped[str] = mapped_column(Text)
    modified_at: Mapped[datetime]
    size: Mapped[int] = mapped_column(BigInteger)
    turn: Mapped[int] = mapped_column(default=1, server_default="1")
    """Which content found under the same path, time and size, from 1."""
    sha256: Mapped[str] = mapped_column(String(64))
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.poll_id"), index=True)
    ordinal: Mapped[int]
    """Place in the poll's list, from 1."""
    received_at: Mapped[datetime]
    verdict: Mapped[str | None] = mapped_column(String(16))
    """``accepted``, ``refused`` or ``unchanged``; null while the poll is open."""
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it was refused, in Chinese, for the operator."""
    scope: Mapped[str | None] = mapped_column(Text)
    reporter: Mapped[str | None] = mapped_column(String(16))
    details: Mapped[dict[str, Any] | None]
    """What the parser found: header cells, unit, extra columns, sheet."""
    mark: Mapped[int | None] = mapped_column(BigInteger)
    """High-water mark up to which an incremental source was read by this file."""


class Batch(Base):
    """The rows of one accepted file. The row is written last of all: it is the commit of its data."""

    __tablename__ = "batch"

    batch_id: Mapped[str] = mapped_column(String(96), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    """Gapless number over all feeds: the state of knowledge."""
    feed: Mapped[str] = mapped_column(String(64), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("file.file_id"), unique=True)
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.poll_id"))
    accepted_at: Mapped[datetime]
    scope: Mapped[str] = mapped_column(Text, index=True)
    reporter: Mapped[str | None] = mapped_column(String(16))
    periods: Mapped[list[str]]
    """Source periods (months or years) that occur in the silver rows."""
    first_date: Mapped[date | None]
    """Earliest date that an event row takes effect."""
    landed: Mapped[int]
    silver: Mapped[int]
    quarantined: Mapped[int]
    duplicates: Mapped[int]
    withdrawn: Mapped[int]
    run_id: Mapped[str | None] = mapped_column(String(255))


class Release(Base):
    """Figures of one programme and period, computed at one state of knowledge."""

    __tablename__ = "release"

    release_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    programme: Mapped[str] = mapped_column(String(32), primary_key=True)
    period: Mapped[str] = mapped_column(String(8), primary_key=True)
    revision: Mapped[int]
    seq: Mapped[int] = mapped_column(BigInteger, index=True)
    status: Mapped[str] = mapped_column(String(16))
    """``complete`` or ``partial``."""
    state: Mapped[str] = mapped_column(String(16))
    """``candidate``, ``approved``, ``superseded`` or ``refused``."""
    provisional: Mapped[bool]
    created_at: Mapped[datetime]
    data_as_of: Mapped[datetime]
    versions: Mapped[dict[str, Any]]
    """Git commit and the versions of policy, contracts and methods."""
    run_id: Mapped[str | None] = mapped_column(String(255))
    hashes: Mapped[dict[str, Any] | None]
    """Gold table -> content hash of the period's rows, so that a replay can be compared with them."""


class Repair(Base):
    """What became of a quarantined row by a person's hand; it names the row it repairs."""

    __tablename__ = "repair"
    __table_args__ = (UniqueConstraint("of_batch", "sheet", "row_no"),)

    repair_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    of_batch: Mapped[str] = mapped_column(String(96), index=True)
    """Batch whose row was quarantined."""
    sheet: Mapped[str] = mapped_column(Text)
    row_no: Mapped[int]
    action: Mapped[str] = mapped_column(String(16))
    """``corrected`` (a row of ``batch_id`` stands in its place) or ``dropped`` (the row shall not count)."""
    # Also of a dropped row: by this batch's sequence number the decision is known.
    batch_id: Mapped[str | None] = mapped_column(String(96), index=True)
    decided_by: Mapped[str] = mapped_column(String(128))
    decided_at: Mapped[datetime]


class Approval(Base):
    """A person's word on a release."""

    __tablename__ = "approval"

    approval_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    release_id: Mapped[str] = mapped_column(String(32), index=True)
    decision: Mapped[str] = mapped_column(String(16))
    decided_by: Mapped[str] = mapped_column(String(128))
    decided_at: Mapped[datetime]


class Publication(Base):
    """A served file and the releases it holds."""

    __tablename__ = "publication"

    publication_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    published_at: Mapped[datetime]
    content_hash: Mapped[str] = mapped_column(String(64))
    table_hashes: Mapped[dict[str, Any]]
    releases: Mapped[dict[str, Any]]
    """``programme -> period -> release_id``."""
    follows: Mapped[str | None] = mapped_column(String(32))
    """Publication that was served until then: after a rollback not the one made last. Null: that one, or none."""
    run_id: Mapped[str | None] = mapped_column(String(255))


class Deadline(Base):
    """A passed deadline that was announced."""

    __tablename__ = "deadline"

    feed: Mapped[str] = mapped_column(String(64), primary_key=True)
    period: Mapped[str] = mapped_column(String(8), primary_key=True)
    due_at: Mapped[datetime]
    emitted_at: Mapped[datetime]


class RuleReview(Base):
    """A person's word on a warning rule that fired on many in one period of a programme; the last one counts."""

    __tablename__ = "rule_review"

    review_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    """In the order in which words become known: a release names the last one it knew."""
    rule: Mapped[str] = mapped_column(String(64))
    programme: Mapped[str] = mapped_column(String(32), index=True)
    period: Mapped[str] = mapped_column(String(8))
    decision: Mapped[str] = mapped_column(String(16))
    """``released`` or ``held`` (a release taken back)."""
    release_id: Mapped[str] = mapped_column(String(32))
    """Release whose numbers were looked at."""
    fired: Mapped[int]
    population: Mapped[int]
    note: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(String(128))
    decided_at: Mapped[datetime]


class Settlement(Base):
    """A person's word on a line (document, tier, event, name) of a certificate notice that could not be matched."""

    __tablename__ = "settlement"

    settlement_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    """As of a rule's review: in the order in which words become known; the last one on a line counts."""
    feed: Mapped[str] = mapped_column(String(64), index=True)
    line: Mapped[list[str]]
    stated: Mapped[str | None] = mapped_column(String(32))
    """Code that the line itself stated: if it states another one later, the word is about something else."""
    decision: Mapped[str] = mapped_column(String(16))
    """``matched``, ``not_ours`` or ``reopened``."""
    uscc: Mapped[str | None] = mapped_column(String(32))
    certificate: Mapped[list[str] | None]  # the line without a code by which that firm was certified
    first_date: Mapped[date]
    note: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(String(128))
    decided_at: Mapped[datetime]


class Audit(Base):
    """The verdict of one audit of a candidate."""

    __tablename__ = "audit"

    audit_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    release_id: Mapped[str] = mapped_column(String(32), index=True)
    at: Mapped[datetime]
    passed: Mapped[bool]
    failures: Mapped[dict[str, Any]]


class Notice(Base):
    """A message to people: late, refused, audit failed, approval waiting."""

    __tablename__ = "notice"

    notice_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    delivered: Mapped[bool]


class WriterSession(Base):
    """A Spark session that the lake's one writer has open, so that a successor can end it."""

    __tablename__ = "writer_session"

    session_id: Mapped[str] = mapped_column(String(36), primary_key=True)
