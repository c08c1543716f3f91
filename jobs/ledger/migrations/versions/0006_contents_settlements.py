"""several contents under one path, time and size; people's words on notices that could not be matched."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STAMP = ["feed", "path", "modified_at", "size"]
UNIQUE = "file_feed_path_modified_at_size_key"


def upgrade() -> None:
    """Apply."""
    op.add_column("file", sa.Column("turn", sa.Integer(), nullable=False, server_default="1"))
    op.drop_constraint(UNIQUE, "file", type_="unique")
    op.create_unique_constraint(UNIQUE, "file", [*STAMP, "turn"])
    op.create_table(
        "settlement",
        sa.Column("settlement_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("feed", sa.String(64), nullable=False, index=True),
        sa.Column("line", sa.JSON, nullable=False),
        sa.Column("stated", sa.String(32)),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("uscc", sa.String(32)),
        sa.Column("certificate", sa.JSON),
        sa.Column("first_date", sa.Date, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("decided_by", sa.String(128), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Take back: of several contents under one stamp a ledger of before can hold none but the first."""
    op.drop_table("settlement")
    op.drop_constraint(UNIQUE, "file", type_="unique")
    op.create_unique_constraint(UNIQUE, "file", STAMP)
    op.drop_column("file", "turn")
