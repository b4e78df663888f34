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
    # For the version before, which may run beside this one: to its doors and relays all that comes from now on has gone
    # out already. (Its relays cannot number anything for want of `published_seq`, and end.)
    op.execute("UPDATE outbox SET published_at = now() WHERE published_at IS NULL")
    op.alter_column("outbox", "published_at", server_default=sa.text("now()"))


def downgrade() -> None:
    op.alter_column("outbox", "published_at", server_default=None)
    op.execute(
        "UPDATE outbox o SET published_at = NULL WHERE o.feed_seq IS NULL"
        " OR o.feed_seq > (SELECT f.published_seq FROM feed f WHERE f.topic = o.topic)"
    )
    op.drop_column("feed", "published_seq")
