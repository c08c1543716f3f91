"""every look at a source, so that what was overdue at a time can be told later."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.drop_constraint("look_pkey", "look")
    op.create_primary_key("look_pkey", "look", ["feed", "at"])


def downgrade() -> None:
    """Take back."""
    op.execute('delete from look a using look b where a.feed = b.feed and a."at" < b."at"')
    op.drop_constraint("look_pkey", "look")
    op.create_primary_key("look_pkey", "look", ["feed"])
