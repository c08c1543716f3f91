"""high-water marks, repairs of quarantined rows, content hashes of releases."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("file", sa.Column("mark", sa.BigInteger(), nullable=True))
    op.add_column("release", sa.Column("hashes", sa.JSON(), nullable=True))
    op.create_table(
        "repair",
        sa.Column("repair_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("of_batch", sa.String(length=96), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("batch_id", sa.String(length=96), nullable=True),
        sa.Column("decided_by", sa.String(length=128), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("repair_id"),
        sa.UniqueConstraint("of_batch", "sheet", "row_no"),
    )
    op.create_index(op.f("ix_repair_of_batch"), "repair", ["of_batch"], unique=False)
    op.create_index(op.f("ix_repair_batch_id"), "repair", ["batch_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_table("repair")
    op.drop_column("release", "hashes")
    op.drop_column("file", "mark")
