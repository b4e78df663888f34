"""`python -m bench.identity.score RESULT TRUTH`: measures one result file of `hub match`."""

from pathlib import Path

import click

from bench.identity import answer, measure, report
from simulators.corpus.record import read_truth


@click.command()
@click.argument("result", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("truth", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="one JSON object as the last line")
def main(result: Path, truth: Path, as_json: bool) -> None:
    """How right RESULT (lines of `hub match`) is by TRUTH (lines of `hub simulate corpus --truth`)."""
    scores = {"hub match": measure.score(read_truth(truth), answer.read(result))}
    report.show(scores)
    if as_json:
        report.object_line(scores)


if __name__ == "__main__":
    main()
