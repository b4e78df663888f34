"""What is published is told by a number for each topic; a time on each row cost a second version of every row."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("feed", sa.Column("published_seq", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE feed f SET published_seq = coalesce((SELECT min(o.feed_seq) - 1 FROM outbox o"
        " WHERE o.topic = f.topic AND o.feed_seq IS NOT NULL AND o.published_at IS NULL), f.last_seq)"
    )
    op.alter_column("feed", "published_seq", server_default=None)
    op.drop_index("ix_outbox_unpublished", "outbox")
    # A relay of the version before ends for want of it; with it, it would publish everything again.
    op.drop_column("outbox", "published_at")


def downgrade() -> None:
    op.add_column("outbox", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE outbox o SET published_at = now() FROM feed f WHERE f.topic = o.topic AND o.feed_seq <= f.published_seq"
    )
    op.create_index("ix_outbox_unpublished", "outbox", ["feed_seq"], postgresql_where=sa.text("published_at IS NULL"))
    op.drop_column("feed", "published_seq")
