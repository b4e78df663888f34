"""`hub verify`: does everything that the hub holds agree?"""

from pathlib import Path

import click

from hub.cli import output, target
from hub.cli.progress import to_stderr
from hub.services.verify import verify as reconcile


@click.command()
@target.data_option
@target.json_option
def verify(data: Path | None, as_json: bool) -> None:
    """Hold journal, inbox, register, history, audit log, outbox and topics together. Exit 0 only if all agree."""
    kafka, secret = target.store(data).kafka, target.secret(data)
    verdict = target.with_engine(data, lambda engine: reconcile(engine, kafka, secret, to_stderr))
    if as_json:
        checks = [{"name": c.name, "says": c.says, "ok": c.ok, "problems": c.problems} for c in verdict.checks]
        output.object_line({"ok": verdict.ok, "checks": checks, "problems": verdict.problems})
    else:
        rows = [(c.name, c.says, "yes" if c.ok else "NO: " + "; ".join(c.problems)) for c in verdict.checks]
        output.table("Does the hub agree with itself?", ("check", "statement", "true"), rows)
    raise SystemExit(0 if verdict.ok else 1)
