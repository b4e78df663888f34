"""The embedded MQTT broker's own process, run as `python -m hub.embedded.mqtt_broker`."""

import argparse
import asyncio
import logging
import signal
from contextlib import suppress
from pathlib import Path

from hub.embedded import mqtt_delivery, mqtt_state
from hub.embedded.mqtt_access import Logins

SHUTDOWN_SECONDS = 1.5


async def serve(port: int, logins: Path, state: Path | None) -> None:
    """Runs until SIGTERM or SIGINT; then writes what persistent sessions have still to get into `state`."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    mqtt_delivery.install()
    broker = mqtt_delivery.HubBroker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {},
        },
        Logins(logins),
        state,
    )
    await broker.start()
    await stop.wait()
    with suppress(TimeoutError):  # a client that hangs must not cost the others their messages
        await asyncio.wait_for(broker.quiesce(), SHUTDOWN_SECONDS)
    if state is not None:
        mqtt_state.save(broker, state)
    with suppress(TimeoutError):
        await asyncio.wait_for(broker.shutdown(), SHUTDOWN_SECONDS)


def main() -> None:
    parser = argparse.ArgumentParser(prog="hub.embedded.mqtt_broker", description="MQTT 3.1.1 broker of the hub")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--logins", type=Path, required=True, help="JSON file of users, read again when it changes")
    parser.add_argument("--state", type=Path, help="where undelivered messages are kept over an orderly stop")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.ERROR, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # A connection that says nothing, such as the look whether the broker is ready, is no error.
    logging.getLogger("amqtt.broker").addFilter(lambda record: "No data from" not in record.getMessage())
    asyncio.run(serve(arguments.port, arguments.logins, arguments.state))


if __name__ == "__main__":
    main()
