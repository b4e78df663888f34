"""Files of reference data, streamed into the register's tables: meter points and networks."""
