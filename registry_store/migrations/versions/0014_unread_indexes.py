"""Two indexes go that no question uses: each message wrote some ten entries of them."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.drop_index("ix_outbox_asset_id", "outbox")
    op.drop_index("ix_sighting_key_source_reference", "sighting_key")


def downgrade() -> None:
    op.create_index("ix_outbox_asset_id", "outbox", ["asset_id"])
    op.create_index("ix_sighting_key_source_reference", "sighting_key", ["source", "reference"])
