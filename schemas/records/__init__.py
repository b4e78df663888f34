"""What the register keeps: one class a table, by subject. Columns are derived from these (`registry_store/tables.py`).

Every row of `asset_history`, `source_claim`, `outbox` and `receipt` is written once and names the message behind it.
The order of fields is that of columns.
"""
