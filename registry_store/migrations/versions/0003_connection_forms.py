"""Units as the connection forms count them, and what is due by when."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "connection_unit",
        sa.Column("asset_id", sa.Uuid(), autoincrement=False, nullable=False),
        sa.Column("import_mpan", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("export_mpan", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("uprn", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("postcode", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("postcode_area", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("category", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("phases", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("generating_watts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("demand_watts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("largest_watts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("installer", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("commissioned_on", sa.Date(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_connection_unit")),
    )
    for columns in (
        ("import_mpan", "largest_watts"),
        ("export_mpan", "largest_watts"),
        ("installer", "postcode", "commissioned_on"),
        ("installer", "postcode_area", "commissioned_on"),
    ):
        op.create_index(op.f(f"ix_connection_unit_{'_'.join(columns)}"), "connection_unit", list(columns))
    op.create_table(
        "due_clock",
        sa.Column("source", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("sender_asset_ref", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("due_on", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("source", "sender_asset_ref", "kind", name=op.f("pk_due_clock")),
    )
    op.create_index("ix_due_clock_unfired", "due_clock", ["due_at"], postgresql_where=sa.text("fired_at IS NULL"))


def downgrade() -> None:
    op.drop_table("due_clock")
    op.drop_table("connection_unit")
