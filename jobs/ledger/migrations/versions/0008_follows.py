"""which publication was served until the next one was made."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("publication", sa.Column("follows", sa.String(32), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("publication", "follows")
