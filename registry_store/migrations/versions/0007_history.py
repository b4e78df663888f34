"""What a source says again is kept message by message; whose area an asset has left is known."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "claim_repeat",
        sa.Column("claim_id", sa.Uuid(), autoincrement=False, nullable=False),
        sa.Column("sender", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("said_until", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("source_seq", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("claim_id", "sender", "message_id", name=op.f("pk_claim_repeat")),
    )
    op.create_table(
        "former_operator",
        sa.Column("operator", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("asset_id", sa.Uuid(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("operator", "asset_id", name=op.f("pk_former_operator")),
    )


def downgrade() -> None:
    op.drop_table("former_operator")
    op.drop_table("claim_repeat")
