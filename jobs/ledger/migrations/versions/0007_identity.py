"""the ledger's own name, by which a lake knows whose commits it takes."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    table = op.create_table("identity", sa.Column("name", sa.String(32), primary_key=True))
    op.bulk_insert(table, [{"name": uuid4().hex}])


def downgrade() -> None:
    """Take back."""
    op.drop_table("identity")
