"""What a command says while it works: sentences on standard error, so that its output stays clean."""

import click


def to_stderr(sentence: str) -> None:
    click.echo(sentence, err=True)
