"""People's decisions, each participant's word about each pair, and the questions that wait for them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0010"


def upgrade() -> None:
    op.drop_table("ruling")  # nothing could write it before
    op.create_table(
        "ruling",
        sa.Column("source_a", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("reference_a", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("source_b", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("reference_b", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("participant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("operator_codes", postgresql.ARRAY(sa.Text()), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("newer", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "source_a", "reference_a", "source_b", "reference_b", "participant", name=op.f("pk_ruling")
        ),
    )
    op.create_index(op.f("ix_ruling_source_b_reference_b"), "ruling", ["source_b", "reference_b"], unique=False)
    op.create_table(
        "review_item",
        sa.Column("item_id", sa.Uuid(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("asset_id", sa.Uuid(), autoincrement=False, nullable=False),
        sa.Column("other_asset_id", sa.Uuid(), autoincrement=False, nullable=True),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("opened_by", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("opened_message_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), autoincrement=False, nullable=True),
        sa.Column("closed_by", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("closed_message_id", sa.Text(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_review_item")),
    )
    for columns in (("state", "opened_at", "item_id"), ("closed_at",), ("asset_id",), ("other_asset_id",)):
        op.create_index(op.f(f"ix_review_item_{'_'.join(columns)}"), "review_item", list(columns))
    op.create_table(
        "meter_point_word",
        sa.Column("source", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("participant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("word", postgresql.JSONB(astext_type=sa.Text()), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("source", "reference", "participant", name=op.f("pk_meter_point_word")),
    )
