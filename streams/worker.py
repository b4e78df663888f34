"""Runs the Faust application as a process."""

import faust

from streams import registration
from streams.app import app


def work() -> None:
    """Until SIGTERM, or until the guard ends the process."""
    assert registration.registration in app.agents.values(), "the agent registers itself when its module is imported"
    faust.Worker(app, loglevel="warning", redirect_stdouts=False, quiet=True).execute_from_commandline()
