"""Runs the Faust application as a process."""

import asyncio

import faust
import uvloop

from hub import garbage
from streams.app import app
from streams.registration import BULK, LIVE


def work() -> None:
    """Until SIGTERM, or until the guard ends the process."""
    # The agents register themselves when their module is imported; a worker without them would take and forget.
    if missing := {LIVE, BULK} - set(app.agents):
        raise RuntimeError(f"the agents {sorted(missing)} are not registered")
    # A batch makes some hundred thousand objects that all live to its end. To go through them for garbage again and
    # again took a sixth of the time.
    garbage.look_less_often(after=200_000)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    worker = faust.Worker(app, loglevel="warning", redirect_stdouts=False, quiet=True, override_logging=False)
    worker.execute_from_commandline()
