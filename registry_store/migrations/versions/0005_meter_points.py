"""Meter points keep what was stated before; networks, loads of files and enquiries are known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("meter_point", sa.Column("kind", sa.Text(), autoincrement=False, nullable=True))
    op.add_column("meter_point", sa.Column("related_mpan", sa.Text(), autoincrement=False, nullable=True))
    op.add_column("meter_point", sa.Column("meter_key", sa.Text(), autoincrement=False, nullable=True))
    op.add_column("meter_point", sa.Column("known_from", sa.DateTime(timezone=True), autoincrement=False))
    op.add_column("meter_point", sa.Column("known_to", sa.DateTime(timezone=True), autoincrement=False, nullable=True))
    op.execute(
        "UPDATE meter_point SET kind = 'premises', known_from = now(),"
        " meter_key = nullif(upper(regexp_replace(meter_serial, '[^[:alnum:]]', '', 'g')), '')"
    )
    op.alter_column("meter_point", "kind", nullable=False)
    op.alter_column("meter_point", "known_from", nullable=False)
    op.alter_column("meter_point", "live_from", existing_type=sa.Date(), nullable=True)
    op.drop_constraint(op.f("pk_meter_point"), "meter_point", type_="primary")
    op.create_primary_key(op.f("pk_meter_point"), "meter_point", ["mpan", "known_from"])
    op.drop_index(op.f("ix_meter_point_meter_serial"), table_name="meter_point")
    op.create_index(op.f("ix_meter_point_meter_key"), "meter_point", ["meter_key"], unique=False)
    op.create_table(
        "network_location",
        sa.Column("below_level", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("below_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("level", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("location_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("valid_from", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("valid_to", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("provenance", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("known_to", sa.DateTime(timezone=True), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint(
            "below_level", "below_id", "level", "valid_from", "known_from", name=op.f("pk_network_location")
        ),
    )
    op.create_table(
        "reference_load",
        sa.Column("load_id", sa.Uuid(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("file_name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset_bytes", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rows_read", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rows_added", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rows_changed", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rows_unchanged", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rows_refused", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fields_left_out", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("load_id", name=op.f("pk_reference_load")),
    )
    op.create_index(op.f("ix_reference_load_kind_digest"), "reference_load", ["kind", "digest"], unique=False)
    op.create_table(
        "reference_load_problem",
        sa.Column("load_id", sa.Uuid(), autoincrement=False, nullable=False),
        sa.Column("row_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("field", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("fix", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("kept", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("offset_bytes", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("load_id", "row_number", "field", name=op.f("pk_reference_load_problem")),
    )
    op.create_table(
        "meter_point_enquiry",
        sa.Column("source", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("sender_asset_ref", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("question", postgresql.JSONB(), autoincrement=False, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("alarm_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("attempts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), autoincrement=False, nullable=True),
        sa.Column("told_overdue", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("answer_sha256", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("source", "sender_asset_ref", name=op.f("pk_meter_point_enquiry")),
    )
    op.create_index(op.f("ix_meter_point_enquiry_due_at"), "meter_point_enquiry", ["due_at"], unique=False)
    op.create_table(
        "enquiry_answer",
        sa.Column("service", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("question", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("answer", postgresql.JSONB(), autoincrement=False, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("service", "question", name=op.f("pk_enquiry_answer")),
    )
    op.create_index(op.f("ix_enquiry_answer_asked_at"), "enquiry_answer", ["asked_at"], unique=False)


def downgrade() -> None:
    op.drop_table("enquiry_answer")
    op.drop_table("meter_point_enquiry")
    op.drop_table("reference_load_problem")
    op.drop_index(op.f("ix_reference_load_kind_digest"), table_name="reference_load")
    op.drop_table("reference_load")
    op.drop_table("network_location")
    op.execute("DELETE FROM meter_point WHERE known_to IS NOT NULL")
    op.drop_index(op.f("ix_meter_point_meter_key"), table_name="meter_point")
    op.create_index(op.f("ix_meter_point_meter_serial"), "meter_point", ["meter_serial"], unique=False)
    op.drop_constraint(op.f("pk_meter_point"), "meter_point", type_="primary")
    op.create_primary_key(op.f("pk_meter_point"), "meter_point", ["mpan"])
    for column in ("known_to", "known_from", "meter_key", "related_mpan", "kind"):
        op.drop_column("meter_point", column)
