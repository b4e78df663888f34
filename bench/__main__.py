"""`python -m bench`: the light benches one after the other; `python -m bench NAME`: one of them, or a heavier one."""

from pathlib import Path

import click

from bench import options
from bench.identity.run import identity
from bench.light import LIGHT
from bench.report.run import report
from bench.snapshot.run import snapshot


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), help="folder for the results of all of them")
@click.pass_context
def bench(ctx: click.Context, into: Path | None) -> None:
    """Figures with a yardstick beside them in the same run. Without a name: every light one, with its defaults."""
    if ctx.invoked_subcommand is not None:
        return
    for name, command in LIGHT.items():
        options.say(f"bench {name}")
        output = []
        if into is not None:
            into.mkdir(parents=True, exist_ok=True)
            output = ["--output", str(into / f"{name}.json")]
        command.main([*output], standalone_mode=False)


for light in LIGHT.values():
    bench.add_command(light)
for heavy in (identity, snapshot, report):
    bench.add_command(heavy)

if __name__ == "__main__":
    bench()
