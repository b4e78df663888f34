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
    # The column stays, empty, for the doors of the version before. A relay of that version cannot number anything for
    # want of `published_seq`, and ends; otherwise it would publish everything again.


def downgrade() -> None:
    op.execute(
        "UPDATE outbox o SET published_at = now() FROM feed f WHERE f.topic = o.topic AND o.feed_seq <= f.published_seq"
    )
    op.create_index("ix_outbox_unpublished", "outbox", ["feed_seq"], postgresql_where=sa.text("published_at IS NULL"))
    op.drop_column("feed", "published_seq")
