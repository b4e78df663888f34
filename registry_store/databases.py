"""Databases beside the hub's own one, on the same server: made for a while, and dropped."""

from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from hub.errors import HubError, Unavailable
from registry_store.engine import Engine, connect, transaction


class CannotMake(HubError):
    """The account of the hub may not make databases; the text says what was refused."""


async def create(url: str, name: str) -> str:
    """Makes an empty database beside another one; gives its URL.

    What is in it can be made again, so that a commit need not wait for the disk.
    """
    await _run(url, f'CREATE DATABASE "{name}"', f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def drop(url: str, name: str) -> None:
    """Drops a database beside another one, whoever is still connected to it."""
    await _run(url, f'DROP DATABASE "{name}" WITH (FORCE)')


async def is_empty(engine: Engine) -> bool:
    """Whether there is no table in a database."""
    async with transaction(engine) as connection:
        found = await connection.execute(
            text("SELECT NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema())")
        )
        return bool(found.scalar_one())


def name_of(url: str) -> str:
    """The database that a URL leads to."""
    return make_url(url).database or ""


async def _run(url: str, *statements: str) -> None:
    """Each in no transaction: a database can only be made and dropped outside of one."""
    engine = connect(url, pool_size=1)
    try:
        async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            for statement in statements:
                await connection.execute(text(statement))
    except DBAPIError as error:
        raise CannotMake(f"the database server refused ({type(error.orig).__name__}): {statements[0]}") from error
    except OSError as error:
        raise Unavailable(f"PostgreSQL: {type(error).__name__}") from error
    finally:
        await engine.dispose()
