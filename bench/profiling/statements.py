"""How long each SQL statement keeps the process waiting, by the stage that asks it."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from asyncpg.transaction import Transaction
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bench.profiling import stages

SHOWN = 160


@dataclass
class Waited:
    count: int = 0
    seconds: float = 0.0


@dataclass
class Statements:
    """Time from asking to having the answer, as this process sees it: the server's own work and the way there."""

    found: dict[tuple[str, str], Waited] = field(default_factory=lambda: defaultdict(Waited))

    def start(self) -> None:
        """Listens to SQLAlchemy, and to what goes past it straight to the driver (COPY, COMMIT)."""
        event.listen(Engine, "before_cursor_execute", self._before)
        event.listen(Engine, "after_cursor_execute", self._after)
        asyncpg.Connection.copy_records_to_table = self._timed(
            asyncpg.Connection.copy_records_to_table, lambda _, table, **__: f"COPY {table}"
        )
        Transaction.commit = self._timed(Transaction.commit, lambda _: "COMMIT")

    def _before(self, connection: Any, _: Any, statement: str, __: Any, context: Any, ___: bool) -> None:
        connection.info["bench_asked"] = time.perf_counter()

    def _after(self, connection: Any, _: Any, statement: str, __: Any, context: Any, ___: bool) -> None:
        self._note(" ".join(statement.split())[:SHOWN], time.perf_counter() - connection.info["bench_asked"])

    def _timed(self, method: Any, name: Callable[..., str]) -> Any:
        async def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return await method(*args, **kwargs)
            finally:
                self._note(name(*args, **kwargs), time.perf_counter() - began)

        return timed

    def _note(self, statement: str, seconds: float) -> None:
        stage = stages.stage([str(f.f_globals.get("__name__", "")) for f in stages.here()])
        waited = self.found[stage, statement]
        waited.count += 1
        waited.seconds += seconds

    def as_json(self) -> list[dict[str, Any]]:
        ordered = sorted(self.found.items(), key=lambda item: -item[1].seconds)
        return [
            {"stage": stage, "statement": statement, "count": w.count, "seconds": round(w.seconds, 4)}
            for (stage, statement), w in ordered
        ]
