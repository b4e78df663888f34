"""Disputes: tickets, and the messages that make them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "dispute",
        sa.Column("dispute_id", sa.Uuid(), autoincrement=False, nullable=False),
        sa.Column("about_source", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("about_reference", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("about_asset_id", sa.Uuid(), autoincrement=False, nullable=True),
        sa.Column("status", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("subject", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("raised_by", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("acknowledge_by", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("decide_by", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), autoincrement=False, nullable=True),
        sa.Column("parties", postgresql.JSONB(astext_type=sa.Text()), autoincrement=False, nullable=False),
        sa.Column("steps", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reminded", postgresql.ARRAY(sa.Text()), autoincrement=False, nullable=False),
        sa.Column("correction_by", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("asset_id", sa.Uuid(), autoincrement=False, nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("dispute_id", name=op.f("pk_dispute")),
    )
    op.create_index(op.f("ix_dispute_about_source_about_reference"), "dispute", ["about_source", "about_reference"])
    op.create_index(op.f("ix_dispute_about_asset_id"), "dispute", ["about_asset_id"])
    op.create_index(op.f("ix_dispute_asset_id"), "dispute", ["asset_id"])
    op.create_index("ix_dispute_parties", "dispute", ["parties"], postgresql_using="gin")
    op.create_table(
        "dispute_message",
        sa.Column("sender", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("dispute_id", sa.Uuid(), autoincrement=False, nullable=False),
        sa.Column("notification", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), autoincrement=False, nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), autoincrement=False, nullable=False),
        sa.Column("judged", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("refusal", sa.Text(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("sender", "message_id", name=op.f("pk_dispute_message")),
    )
    op.create_index(op.f("ix_dispute_message_dispute_id"), "dispute_message", ["dispute_id"])


def downgrade() -> None:
    op.drop_table("dispute_message")
    op.drop_table("dispute")
