"""`hub sign` and `hub send`: one signed message by hand."""

import asyncio
import re
import sys
from pathlib import Path

import aiohttp
import click
import orjson

from hub.cli import target
from hub.errors import HubError
from schemas import avro, body
from schemas.signed_message import MAX_BODY_BYTES

MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


def _checked_id(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not MESSAGE_ID.fullmatch(value):
        raise click.BadParameter("a message id has 16 to 64 letters, digits, _ and -")
    return value


class NotSent(HubError):
    """The hub did not take the message; the text holds its own words."""


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--participant", default="installer-1", show_default=True, help="development identity to sign with")
@click.option("--id", "message_id", callback=_checked_id, help="message id; the same again for a retry")
@click.option("--as", "form", type=click.Choice(["headers", "avro"]), default="headers", show_default=True)
@target.key_option
@target.data_option
def sign(file: Path, participant: str, message_id: str | None, form: str, key: Path | None, data: Path | None) -> None:
    """Sign a body (JSON or single-object Avro): print webhook headers, or write a SignedMessage to standard output."""
    at = target.identity_only(key, data, participant)
    message = at.sign(_body(file), message_id)
    if form == "avro":
        sys.stdout.buffer.write(avro.encode(message))
        return
    click.echo(f"webhook-id: {message.id}")
    click.echo(f"webhook-timestamp: {message.timestamp}")
    click.echo(f"webhook-signature: {message.signature}")
    click.echo(f"webhook-key-id: {message.key_id}")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--participant", default="installer-1", show_default=True, help="development identity to sign with")
@click.option("--id", "message_id", callback=_checked_id, help="message id; the same again for a retry")
@target.target_options
def send(
    file: Path, participant: str, message_id: str | None, url: str | None, key: Path | None, data: Path | None
) -> None:
    """Sign a body and send it; prints the hub's answer. Exit 1 when it was not accepted."""
    at = target.find(url, key, data, participant)
    message = at.identity.sign(_body(file), message_id)

    async def post() -> tuple[int, dict[str, object]]:
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{at.url}/v1/notifications",
                data=avro.encode(message),
                headers={"Content-Type": "avro/binary"},
            ) as answer,
        ):
            return answer.status, orjson.loads(await answer.read())

    try:
        status, said = asyncio.run(post())
    except aiohttp.ClientError as error:
        raise NotSent(f"{at.url} does not answer ({type(error).__name__}); is the hub up?") from None
    click.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode())
    raise SystemExit(0 if status in (200, 202) else 1)


def _body(file: Path) -> bytes:
    """The file's bytes, after a look whether they are a notification: a mistake is told before it is sent."""
    raw = file.read_bytes()
    if len(raw) > MAX_BODY_BYTES:
        raise NotSent(f"{file} has {len(raw)} bytes; a body has up to {MAX_BODY_BYTES}, one asset a message")
    try:
        body.decode(raw)
    except (body.BodyUnknown, body.BodyInvalid) as error:
        click.echo(f"note: the hub will refuse this body: {error}", err=True)
    return raw
