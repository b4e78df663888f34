"""`hub simulate`: one actor of the play, against a running hub."""

import asyncio
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click

from hub import clock, running, settings
from hub.cli import output, target
from hub.cli.progress import to_stderr
from hub.identity import Identity
from hub.running import Running
from hub.services import town
from schemas.vocabulary import ReceiptOutcome
from simulators import cast, enquiry, fsp, installer, oem, platform, premises, so, talking
from simulators.client import HubClient
from simulators.corpus import generate, record
from simulators.ledger import Ledger
from simulators.pace import Pace

POLL_SECONDS = 0.5
PATIENCE_SECONDS = 60.0
"""For how long a sender waits for receipts while none comes."""


@click.group()
def simulate() -> None:
    """Actors with a seed: the same seed says the same. Lay out the town first (`hub simulate town`)."""


def _sender_options(command: Any) -> Any:
    for option in (
        click.option("--count", default=100, show_default=True, help="messages to send"),
        click.option("--rate", type=float, help="messages a second; as fast as it goes when not given"),
        click.option("--seed", default=1, show_default=True),
        target.data_option,
        target.json_option,
    ):
        command = option(command)
    return command


@simulate.command(name="town")
@click.option("--premises", "homes", default=1000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@target.data_option
def town_(homes: int, seed: int, data: Path | None) -> None:
    """Put the town's meter points and consents into the hub's stand-in registers."""
    points, given = premises.meter_points(seed, homes), premises.consents(seed, homes)
    by, now = target.operator(), clock.now()
    target.with_engine(data, lambda engine: town.lay_out(engine, points, given, by, now))
    click.echo(f"{len(points)} meter points and {len(given)} consents are known")


@simulate.command(name="installer")
@click.option("--participant", default="installer-1", show_default=True)
@_sender_options
def installer_(participant: str, count: int, rate: float | None, seed: int, data: Path | None, as_json: bool) -> None:
    """An installer's forms through the webhook, with the slips that real ones have."""
    said = installer.plan(seed, participant, count)
    _send(
        data,
        participant,
        as_json,
        lambda s: talking.one_by_one(s.client, s.who, said, s.ledger, Pace(rate), s.told),
    )


@simulate.command(name="oem")
@click.option("--participant", default="oem-1", show_default=True)
@_sender_options
def oem_(participant: str, count: int, rate: float | None, seed: int, data: Path | None, as_json: bool) -> None:
    """A maker's device cloud over MQTT: repeats, lost connections, retained re-announcements."""
    said = oem.plan(seed, participant, count)
    _send(
        data,
        participant,
        as_json,
        lambda s: oem.run(s.here.mqtt, s.who, said, s.ledger, Pace(rate), s.told, seed=seed),
    )


@simulate.command(name="platform")
@click.option("--participant", default=cast.PLATFORM, show_default=True)
@click.option("--kafka", "into_kafka", is_flag=True, help="straight into the platform's topic instead of HTTP batches")
@_sender_options
def platform_(
    participant: str,
    into_kafka: bool,
    count: int,
    rate: float | None,
    seed: int,
    data: Path | None,
    as_json: bool,
) -> None:
    """A third-party platform in bulk, claiming assets for two providers."""
    rates = platform.KAFKA_RATES if into_kafka else platform.RATES
    said = platform.plan(seed, participant, count, rates)
    if into_kafka:
        _send(
            data,
            participant,
            as_json,
            lambda s: talking.into_kafka(s.here.kafka, s.who, said, s.ledger, Pace(rate), s.told),
        )
    else:
        _send(
            data,
            participant,
            as_json,
            lambda s: talking.in_batches(s.client, s.who, said, s.ledger, Pace(rate), s.told),
        )


@simulate.command(name="so")
@click.option("--participant", "participants", multiple=True, help="operators, e.g. neso, ukpn_epn; all when not given")
@click.option("--seconds", default=10.0, show_default=True, help="how long to listen")
@target.data_option
@target.json_option
def so_(participants: tuple[str, ...], seconds: float, data: Path | None, as_json: bool) -> None:
    """System Operators that read their topics from the beginning and check what they get."""
    names = list(participants) or so.all_operators()
    feeds: dict[str, so.NoticeFeed] = {}
    _listen(seconds, lambda over: so.follow(target.store(data).kafka, names, feeds, over))
    _show_feeds(
        {name: (feed.received, feed.problems) for name, feed in feeds.items() if feed.received or participants},
        as_json,
    )


@simulate.command(name="fsp")
@click.option("--participant", "participants", multiple=True, help="providers; all of the town when not given")
@click.option("--seconds", default=10.0, show_default=True, help="how long to listen")
@target.data_option
@target.json_option
def fsp_(participants: tuple[str, ...], seconds: float, data: Path | None, as_json: bool) -> None:
    """Flexibility Service Providers that read their topics from the beginning and check what they get."""
    names = list(participants) or list(premises.PROVIDERS)
    feeds: dict[str, fsp.OpportunityFeed] = {}
    _listen(seconds, lambda over: fsp.follow(target.store(data).kafka, names, feeds, over))
    _show_feeds({name: (feed.received, feed.problems) for name, feed in feeds.items()}, as_json)


@simulate.command(name="corpus")
@click.option("--notifications", default=generate.NOTIFICATIONS, show_default=True, type=click.IntRange(min=1))
@click.option("--seed", default=generate.SEED, show_default=True)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="notifications, JSON lines")
@click.option("--truth", required=True, type=click.Path(dir_okay=False, path_type=Path), help="what is true of each")
def corpus_(notifications: int, seed: int, out: Path, truth: Path) -> None:
    """Notifications of many sources about one made-up town, in order of arrival, and which are of one asset."""
    made = generate.generate(seed, notifications)
    record.write_lines(out, (notification for notification, _ in made))
    record.write_lines(truth, (about for _, about in made))
    assets = {about.asset for _, about in made}
    click.echo(f"{len(made)} notifications about {len(assets)} assets are in {out}, the truth about them in {truth}")


_SHARE = click.FloatRange(0, 1)


@simulate.command(name="enquiry")
@click.option("--port", default=0, show_default=True, help="port to listen on; 0 takes a free one")
@click.option("--premises", "homes", default=1000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--slow", type=_SHARE, default=0.1, show_default=True, help="share of questions answered late")
@click.option("--wrong", type=_SHARE, default=0.05, show_default=True, help="share answered wrongly")
@click.option("--away", type=_SHARE, default=0.1, show_default=True, help="share not answered at all")
@click.option("--slow-seconds", default=2.0, show_default=True)
def enquiry_(port: int, homes: int, seed: int, slow: float, wrong: float, away: float, slow_seconds: float) -> None:
    """An enquiry service for the town's meter points, with bad days. Ctrl-C or SIGTERM ends it."""
    town_asked = enquiry.EnquiryTown(seed, homes, enquiry.Moods(slow, wrong, away, slow_seconds))

    async def work() -> None:
        over = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, over.set)
        await enquiry.serve(town_asked, port, lambda url: click.echo(f"ready {url}"), over)

    asyncio.run(work())
    to_stderr(", ".join(f"{mood}: {count}" for mood, count in town_asked.asked.items()) or "nobody asked")


class Sender:
    """What an actor needs while it sends."""

    def __init__(self, here: Running, client: HubClient, who: Identity) -> None:
        self.here = here
        self.client = client
        self.who = who
        self.ledger = Ledger()
        self._last = 0

    def told(self) -> None:
        if self.ledger.sent - self._last >= 500:
            self._last = self.ledger.sent
            to_stderr(f"sent {self.ledger.sent}, accepted {len(self.ledger.accepted)}")


def _send(data: Path | None, participant: str, as_json: bool, act: Any) -> None:
    folder = settings.load(data=data).data
    here, who = running.find(folder), running.development_identity(folder, participant)

    async def work() -> Ledger:
        async with HubClient(here.url) as client:
            sender = Sender(here, client, who)
            await act(sender)
            await _settle(sender)
            return sender.ledger

    ledger = asyncio.run(work())
    _show(ledger, as_json)
    raise SystemExit(1 if ledger.problem_count or ledger.waiting else 0)


async def _settle(sender: Sender) -> None:
    """Asks for receipts until all are there, or none has come for a minute."""
    clock = asyncio.get_running_loop().time
    left, moved = sender.ledger.waiting, clock()
    while sender.ledger.waiting and clock() - moved < PATIENCE_SECONDS:
        found = await sender.client.receipts(sender.who, sender.ledger.open(sender.who.participant))
        sender.ledger.settle(found.values())
        if sender.ledger.waiting < left:
            left, moved = sender.ledger.waiting, clock()
        await asyncio.sleep(POLL_SECONDS)


def _show(ledger: Ledger, as_json: bool) -> None:
    outcomes = ledger.outcomes()
    counts = {
        "sent": ledger.sent,
        "accepted": len(ledger.accepted),
        **{outcome.value: outcomes[outcome] for outcome in ReceiptOutcome if outcomes[outcome]},
        **{f"refused: {code}": n for code, n in ledger.refused.items()},
        "without a receipt": ledger.waiting,
    }
    for problem in ledger.problems:
        to_stderr(f"problem: {problem}")
    if as_json:
        output.object_line({**counts, "problems": ledger.problems})
    else:
        output.table("Simulated", ("what", "count"), list(counts.items()))


def _listen(seconds: float, follow: Any) -> None:
    async def work() -> None:
        end = asyncio.get_running_loop().time() + seconds
        listening: Coroutine[Any, Any, None] = follow(lambda: asyncio.get_running_loop().time() > end)
        await listening

    asyncio.run(work())


def _show_feeds(feeds: dict[str, tuple[int, list[str]]], as_json: bool) -> None:
    problems = [f"{name}: {problem}" for name, (_, found) in feeds.items() for problem in found]
    for problem in problems:
        to_stderr(f"problem: {problem}")
    if as_json:
        output.object_line({"received": {name: n for name, (n, _) in feeds.items()}, "problems": problems})
    else:
        output.table("Received", ("participant", "messages"), [(name, n) for name, (n, _) in feeds.items()])
    raise SystemExit(1 if problems else 0)
