"""The command line `hub`."""

import sys

import click

from hub.cli import (
    audit,
    backup,
    benches,
    data,
    demonstrate,
    dispute,
    keys,
    loading,
    match,
    quarantine,
    rebuild,
    reference,
    review,
    sending,
    serve,
    simulate,
    verify,
    watch,
    weights,
)
from hub.errors import HubError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fmar-hub")
def hub() -> None:
    """FMAR hub: one point of notification for flexible assets in Great Britain."""


for command in (
    demonstrate.demo,
    serve.up,
    serve.run,
    serve.prepare,
    data.import_,
    loading.meter_points,
    loading.network,
    simulate.simulate,
    keys.keys,
    sending.sign,
    sending.send,
    match.match,
    weights.weights,
    verify.verify,
    benches.bench,
    rebuild.rebuild,
    quarantine.quarantine,
    audit.audit,
    audit.erase,
    watch.doctor,
    backup.backup,
    backup.restore,
    reference.reference,
    review.review,
    dispute.dispute,
):
    hub.add_command(command)


def main() -> None:
    """Entry point: errors that are ours are one line that says what to do, with exit code 2."""
    try:
        # The exit code of a command that ends with one; others give nothing.
        sys.exit(hub.main(standalone_mode=False))
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        click.echo(f"hub: {error.format_message()}", err=True)
        sys.exit(2)
    except HubError as error:
        click.echo(f"hub: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
