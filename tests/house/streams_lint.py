"""What may not be written over a Faust stream, found in a module's syntax tree.

Faust acknowledges in a `finally`: a message whose handling failed counts as done. Of its ways to consume,
only `noack_take` with our own `ack` after the commit loses nothing, with one agent a topic and all state in
PostgreSQL.
"""

import ast
from collections.abc import Iterator

BANNED = {
    "take": "acknowledges the failing batch; use noack_take",
    "events": "acknowledges the failing message; use noack_take",
    "noack": "acknowledges one past the failing message; use noack_take",
    "Table": "Faust's tables lose state; all state lives in PostgreSQL",
    "GlobalTable": "Faust's tables lose state; all state lives in PostgreSQL",
    "SetTable": "Faust's tables lose state; all state lives in PostgreSQL",
    "SetGlobalTable": "Faust's tables lose state; all state lives in PostgreSQL",
    "group_by": "repartitions through a topic that no transaction covers",
    "send_soon": "publishes beside the commit; write to the outbox",
}
ALLOWED_LOOP = "noack_take"


def imports_faust(module: ast.Module) -> bool:
    """Whether a module imports Faust, at its top or anywhere else."""
    for node in ast.walk(module):
        match node:
            case ast.Import(names=names):
                found = any(alias.name.split(".")[0] == "faust" for alias in names)
            case ast.ImportFrom(module=str(name)):
                found = name.split(".")[0] == "faust"
            case _:
                found = False
        if found:
            return True
    return False


def offences(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and reason of each thing in a module that may lose a message."""
    for node in ast.walk(module):
        match node:
            case ast.Attribute(attr=name, lineno=line) if name in BANNED:
                yield line, f"{name}: {BANNED[name]}"
            case ast.ImportFrom(names=names, lineno=line):
                yield from ((line, f"{a.name}: {BANNED[a.name]}") for a in names if a.name in BANNED)
            case ast.Call(func=ast.Name("getattr"), args=[_, ast.Constant(str(name)), *_], lineno=line):
                if name in BANNED:
                    yield line, f"{name}: {BANNED[name]}"
            case ast.AsyncFor(iter=iterable, lineno=line) if not _takes_without_ack(iterable):
                yield line, f"async for: only over {ALLOWED_LOOP}(...)"
            case ast.comprehension(iter=iterable, is_async=1) if not _takes_without_ack(iterable):
                yield iterable.lineno, f"async for: only over {ALLOWED_LOOP}(...)"
            case ast.keyword(arg="concurrency", value=value, lineno=line) if not _is_one(value):
                yield line, "concurrency: above 1, the message in flight is lost"


def _takes_without_ack(iterable: ast.expr) -> bool:
    return (
        isinstance(iterable, ast.Call)
        and isinstance(iterable.func, ast.Attribute)
        and iterable.func.attr == ALLOWED_LOOP
    )


def _is_one(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value == 1
