"""the writer's Spark sessions, of which it may have several open."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table("writer_session", sa.Column("session_id", sa.String(36), primary_key=True))
    op.execute("insert into writer_session(session_id) select session_id from writer")
    op.drop_table("writer")


def downgrade() -> None:
    """Take back."""
    op.create_table(
        "writer",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("session_id", sa.String(36), nullable=False),
    )
    op.execute("insert into writer(name, session_id) select 'lake', session_id from writer_session limit 1")
    op.drop_table("writer_session")
