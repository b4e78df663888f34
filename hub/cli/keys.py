"""`hub keys`: make, register, rotate and revoke keys; give read tokens. Works on the hub of this machine."""

import hashlib
from datetime import timedelta
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from hub import clock, identity
from hub.cli import output, target
from hub.errors import HubError
from hub.services import keyring
from schemas.records.participants import SigningKeyRow
from schemas.vocabulary import AssetCategory, Door

ROTATION_DAYS = 7
DOORS = [door for door in Door if door is not Door.HUB]

participant_option = click.option("--participant", required=True, help="whose key or token it is")


class KeyUnusable(HubError):
    """The given file is no Ed25519 public key."""


@click.group()
def keys() -> None:
    """Keys and tokens of participants."""


@keys.command()
@participant_option
@click.option("--out", type=click.Path(path_type=Path), required=True, help="identity file to write; keep it secret")
def make(participant: str, out: Path) -> None:
    """Make a key pair and a token, as an identity file for --key. Register it with `hub keys register --identity`."""
    if out.exists():
        raise click.UsageError(f"{out} exists; a key is not written over")
    made = identity.make(participant, int(clock.now().timestamp()))
    made.save(out)
    click.echo(f"{made.key_id} written to {out}")


@keys.command()
@click.option("--participant", help="whose key it is; not needed with --identity")
@click.option("--public", type=click.Path(exists=True, path_type=Path), help="PEM file of an Ed25519 public key")
@click.option(
    "--identity",
    "file",
    type=click.Path(exists=True, path_type=Path),
    help="identity file of `hub keys make`",
)
@click.option("--door", "doors", multiple=True, type=click.Choice(DOORS), help="only for these doors")
@click.option(
    "--category",
    "categories",
    multiple=True,
    type=click.Choice(list(AssetCategory)),
    help="only for these assets",
)
@target.data_option
def register(
    participant: str | None,
    public: Path | None,
    file: Path | None,
    doors: tuple[str, ...],
    categories: tuple[str, ...],
    data: Path | None,
) -> None:
    """Register a public key; prints its key id. With --identity its read token is registered, too."""
    if (public is None) == (file is None) or (public is not None and participant is None):
        raise click.UsageError("give --identity FILE, or --participant NAME and --public FILE")
    made = identity.load(file) if file is not None else None
    whose = made.participant if made else str(participant)
    raw = made.public_key if made else _public_key(public or Path())
    key_id = made.key_id if made else f"{whose}.{hashlib.sha256(raw).hexdigest()[:12]}"
    row = SigningKeyRow(
        key_id=key_id,
        participant=whose,
        public_key=raw,
        doors=doors,
        categories=categories,
        not_before=clock.now(),
        not_after=None,
        revoked_at=None,
    )
    by, now = target.operator(), clock.now()
    target.with_engine(data, lambda engine: keyring.add_key(engine, row, by, now))
    if made is not None:
        target.with_engine(data, lambda engine: keyring.add_token(engine, whose, made.token, by, now))
    click.echo(key_id)


@keys.command()
@click.argument("key_id")
@click.option("--days", default=ROTATION_DAYS, show_default=True, help="how long the old key stays good")
@target.data_option
def rotate(key_id: str, days: int, data: Path | None) -> None:
    """Let a key run out after some days, so that a newly registered one can take its place."""
    now = clock.now()
    until = now + timedelta(days=days)
    target.with_engine(data, lambda engine: keyring.expire_key(engine, key_id, until, target.operator(), now))
    click.echo(f"{key_id} is good until {until:%Y-%m-%d %H:%M} UTC")


@keys.command()
@click.argument("key_id")
@target.data_option
def revoke(key_id: str, data: Path | None) -> None:
    """Revoke a key now. Doors refuse it within two seconds; what it signed before stays."""
    target.with_engine(data, lambda engine: keyring.revoke_key(engine, key_id, target.operator(), clock.now()))
    click.echo(f"{key_id} is revoked")


@keys.command()
@participant_option
@target.data_option
def token(participant: str, data: Path | None) -> None:
    """Make a read token for a participant and print it; the hub keeps only its hash."""
    made = identity.make(participant).token
    by, now = target.operator(), clock.now()
    target.with_engine(data, lambda engine: keyring.add_token(engine, participant, made, by, now))
    click.echo(made)


@keys.command(name="list")
@target.data_option
def list_(data: Path | None) -> None:
    """Every registered key and its state."""
    found = target.with_engine(data, keyring.all_keys)
    now = clock.now()
    rows = [(k.key_id, k.participant, ", ".join(k.doors) or "all", keyring.state(k, now)) for k in found]
    output.table("Keys", ("key", "participant", "doors", "state"), rows)


def _public_key(file: Path) -> bytes:
    try:
        key = load_pem_public_key(file.read_bytes())
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        made = "openssl genpkey -algorithm ed25519 -out my.pem && openssl pkey -in my.pem -pubout -out my.pub.pem"
        raise KeyUnusable(f"{file} is no Ed25519 public key in PEM; make one: {made}")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
