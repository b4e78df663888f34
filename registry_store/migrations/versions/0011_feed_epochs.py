"""The epochs of the feeds: how often the register was set back to an earlier time, and from which numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "feed_epoch",
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("after_seq", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("epoch", "topic", name="pk_feed_epoch"),
    )


def downgrade() -> None:
    op.drop_table("feed_epoch")
