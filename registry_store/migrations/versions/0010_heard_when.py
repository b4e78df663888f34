"""When the journal first had each claim; which notices about other premises a unit has; what operators know of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("source_claim", sa.Column("received_at", sa.DateTime(timezone=True), nullable=True))
    # Of a claim that was said again the inbox has the first message, too.
    op.execute(
        "UPDATE source_claim c SET received_at = coalesce((SELECT i.received_at FROM inbox i"
        " WHERE (i.sender, i.message_id) = (c.sender, c.message_id)), c.recorded_at)"
    )
    op.alter_column("source_claim", "received_at", nullable=False)
    op.add_column("connection_unit", sa.Column("notices", ARRAY(sa.Text()), nullable=False, server_default="{}"))
    op.alter_column("connection_unit", "notices", server_default=None)
    op.add_column("asset", sa.Column("told_version", sa.BigInteger(), nullable=True))
    # Until now operators were told of every version.
    op.execute("UPDATE asset SET told_version = version")
    op.alter_column("asset", "told_version", nullable=False)


def downgrade() -> None:
    op.drop_column("asset", "told_version")
    op.drop_column("connection_unit", "notices")
    op.drop_column("source_claim", "received_at")
