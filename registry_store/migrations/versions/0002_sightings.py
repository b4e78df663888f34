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
    op.create_index(
        "ix_sighting_undecided", "sighting", ["source", "reference"], postgresql_where=sa.text("standing = '{}'::jsonb")
    )
    _keep_what_is_known()
    op.drop_table("asset_identifier")
    op.drop_index(op.f("ix_source_claim_asset_id"), table_name="source_claim")
    op.drop_column("source_claim", "asset_id")


def _keep_what_is_known() -> None:
    """Every reference under which a device was told of becomes a sighting of its asset, with neither facts nor standing
    yet: `hub.services.registration.backfill` works these out from the claims.

    The first reference of an asset has its id for its own. The others get one that follows from both and is later by
    its version, 8, so that the asset keeps its id.
    """
    op.execute(
        "WITH told AS (SELECT DISTINCT ON (source, sender_asset_ref) source, sender_asset_ref AS reference, asset_id,"
        " recorded_at, sender, message_id, claim_id FROM source_claim"
        " WHERE asset_id IS NOT NULL AND notification = 'AssetCommissioned'"
        " ORDER BY source, sender_asset_ref, recorded_at, claim_id),"
        " hashed AS (SELECT *, md5(source || chr(31) || reference) AS h,"
        " left(replace(asset_id::text, '-', ''), 12) AS t,"
        " row_number() OVER (PARTITION BY asset_id ORDER BY recorded_at, claim_id) AS n FROM told),"
        " noted AS (INSERT INTO membership (source, reference, asset_id, recorded_at, participant, message_id)"
        " SELECT source, reference, asset_id, recorded_at, sender, message_id FROM hashed"
        " ORDER BY recorded_at, claim_id)"
        " INSERT INTO sighting (source, reference, own_id, asset_id, facts, standing)"
        " SELECT source, reference, CASE WHEN n = 1 THEN asset_id ELSE"
        " (t || '8' || substr(h, 1, 3) || 'a' || substr(h, 4, 3) || substr(h, 7, 12))::uuid END, asset_id, '{}', '{}'"
        " FROM hashed"
    )
