"""Assets are clusters of sightings: what each source says of each device, by which keys, and whose asset it is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "sighting",
        sa.Column("source", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("own_id", sa.Uuid(), autoincrement=False, nullable=False),
        sa.Column("asset_id", sa.Uuid(), autoincrement=False, nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), autoincrement=False, nullable=False),
        sa.Column("standing", postgresql.JSONB(astext_type=sa.Text()), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("source", "reference", name=op.f("pk_sighting")),
    )
    op.create_index("uq_sighting_own_id", "sighting", ["own_id"], unique=True)
    op.create_index(op.f("ix_sighting_asset_id"), "sighting", ["asset_id"], unique=False)
    op.create_table(
        "sighting_key",
        sa.Column("scheme", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("issuer", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("scheme", "issuer", "value", "source", "reference", name=op.f("pk_sighting_key")),
    )
    op.create_index(op.f("ix_sighting_key_source_reference"), "sighting_key", ["source", "reference"], unique=False)
    op.create_table(
        "membership",
        sa.Column("membership_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("asset_id", sa.Uuid(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("participant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("membership_id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_source_reference"), "membership", ["source", "reference"], unique=False)
    op.create_index(op.f("ix_membership_asset_id"), "membership", ["asset_id"], unique=False)
    op.create_table(
        "ruling",
        sa.Column("source_a", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("reference_a", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("source_b", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("reference_b", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("participant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("source_a", "reference_a", "source_b", "reference_b", name=op.f("pk_ruling")),
    )
    op.create_index(op.f("ix_ruling_source_b_reference_b"), "ruling", ["source_b", "reference_b"], unique=False)
    op.add_column("asset", sa.Column("merged_into", sa.Uuid(), autoincrement=False, nullable=True))
    op.drop_table("asset_identifier")
    op.drop_index(op.f("ix_source_claim_asset_id"), table_name="source_claim")
    op.drop_column("source_claim", "asset_id")
