"""`python -m bench identity`: the hub's identity rules on a labelled corpus, beside the yardsticks in the same run."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from bench.identity import answer, goals, measure, plain, report
from bench.identity.answer import Answer
from hub.cli.progress import to_stderr
from simulators.corpus import generate, record
from simulators.corpus.record import FlatNotification, Truth

HUB = "hub match"


@click.command()
@click.option("--seed", default=generate.SEED, show_default=True)
@click.option("--notifications", default=generate.NOTIFICATIONS, show_default=True, type=click.IntRange(min=1))
@click.option("--yardsticks-only", is_flag=True, help="leave the hub's own rules out")
@click.option("--json", "as_json", is_flag=True, help="one JSON object as the last line")
def identity(seed: int, notifications: int, yardsticks_only: bool, as_json: bool) -> None:
    """Precision and recall of the identity rules on a corpus with truth, beside exact keys and Splink."""
    made = generate.generate(seed, notifications)
    corpus, truth = [notification for notification, _ in made], [about for _, about in made]
    scores, seconds = {}, {}
    for name, matcher in _matchers(corpus, truth, yardsticks_only).items():
        began = time.perf_counter()
        answered = matcher()
        seconds[name] = round(time.perf_counter() - began, 1)
        to_stderr(f"{name}: {seconds[name]} s")
        scores[name] = measure.score(truth, answered)
    report.show(scores)
    met = goals.met(scores[HUB]) if HUB in scores else {}
    if met:
        report.show_goals(met)
    if as_json:
        assets = len({about.asset for about in truth})
        report.object_line(scores, seed=seed, notifications=len(truth), assets=assets, seconds=seconds, goals=met)


def _matchers(
    corpus: Sequence[FlatNotification], truth: Sequence[Truth], yardsticks_only: bool
) -> Mapping[str, Callable[[], Answer]]:
    # Splink takes a while to start and stands in the bench's own lock, which nothing else needs.
    from bench.identity import rival

    yardsticks: dict[str, Callable[[], Answer]] = {
        "exact maker and serial": lambda: plain.exact_serial(corpus),
        "Splink": lambda: rival.splink(corpus, truth).answer,
        "oracle of shared keys": lambda: plain.oracle(corpus, truth),
    }
    return yardsticks if yardsticks_only else {HUB: lambda: _by_the_hub(corpus), **yardsticks}


def _by_the_hub(corpus: Sequence[FlatNotification]) -> Answer:
    """The command itself, on a file that holds nothing but the notifications."""
    with TemporaryDirectory() as folder:
        told, result = Path(folder) / "corpus.jsonl", Path(folder) / "result.jsonl"
        record.write_lines(told, corpus)
        command = [sys.executable, "-m", "hub.cli.main", "match", str(told), "--out", str(result)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise click.ClickException(f"hub match ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        return answer.read(result)
