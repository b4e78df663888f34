"""People's decisions: each participant's word about each pair, whose right to it is looked at when it is used."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0003"


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
