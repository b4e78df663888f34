"""`hub bench`: figures of this machine, each beside the least code that does the same durable work."""

import click


class _Benches(click.Group):
    """Loaded when one is asked for: a bench brings its own Kafka, load generator and rival along."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["intake", "latency", "recovery", "replay", "scale", "startup", "sustained", "throughput"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from bench.light import LIGHT

        return LIGHT.get(cmd_name)


@click.group(cls=_Benches)
def bench() -> None:
    """Figures of this machine, with the bare loop beside them in the same run. Other work on it spoils them."""
