"""Runs the Faust application as a process."""

import asyncio
import gc

import faust
import uvloop

from streams.app import app
from streams.registration import AGENT


def work() -> None:
    """Until SIGTERM, or until the guard ends the process."""
    # The agent registers itself when its module is imported; a worker without it would take and forget.
    if AGENT not in app.agents:
        raise RuntimeError(f"the agent {AGENT} is not registered")
    _look_for_garbage_less_often()
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    worker = faust.Worker(app, loglevel="warning", redirect_stdouts=False, quiet=True, override_logging=False)
    worker.execute_from_commandline()


def _look_for_garbage_less_often() -> None:
    """A batch makes some hundred thousand objects that all live to its end. To go through them for garbage again and
    again took a sixth of the time, and what modules have made at the start is never garbage.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
