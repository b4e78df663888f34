"""The Faust application: one worker of the registration. Run with `hub run worker`.

Faust insists on an application object at import time; there is nothing else here that happens at import.
"""

import faust

from hub import settings as hub_settings
from schemas import topics
from streams.lane_consumer import AT_ONCE

SETTINGS = hub_settings.load()

FETCH_BYTES = 1024 * 1024
"""Of each partition, and held until it is taken: what a worker's memory grows by under any backlog."""

app = faust.App(
    "fmar-registration",
    broker=[f"kafka://{address.strip()}" for address in (SETTINGS.kafka or "127.0.0.1:9092").split(",")],
    store="memory://",
    datadir=str(SETTINGS.data / "faust"),
    web_enabled=False,
    topic_allow_declare=False,
    topic_disable_leader=True,
    # True held a whole consumer group behind one stuck batch and ignored SIGTERM (tried).
    stream_wait_empty=False,
    # After kill -9 the partitions stand still for as long as this; 60 s by default.
    broker_session_timeout=8.0,
    broker_heartbeat_interval=2.0,
    consumer_auto_offset_reset="earliest",
    consumer_max_fetch_size=FETCH_BYTES,
    broker_max_poll_records=AT_ONCE,
    broker_commit_interval=1.0,
)

journal = app.topic(topics.INTAKE, key_serializer="raw", value_serializer="raw")
bulk_journal = app.topic(topics.BULK, key_serializer="raw", value_serializer="raw")
