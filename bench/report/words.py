"""A page about results: tables in Markdown, sentences that follow from the figures."""

from collections.abc import Mapping, Sequence
from typing import Any

Result = Mapping[str, Any]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A Markdown table; everything but the first column stands right."""
    return [
        "| " + " | ".join(head) + " |",
        "|---" + "|--:" * (len(head) - 1) + "|",
        *("| " + " | ".join(_cell(value) for value in row) + " |" for row in rows),
        "",
    ]


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}" if value >= 10 else f"{value:g}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value).replace("|", "\\|")


def spread(figure: Mapping[str, float]) -> str:
    """Median, with the least and the most."""
    return f"{figure['median']:,.0f} ({figure['least']:,.0f} to {figure['most']:,.0f})"


def tenths(figure: Mapping[str, float]) -> str:
    """The same with one decimal."""
    return f"{figure['median']:.1f} ({figure['least']:.1f} to {figure['most']:.1f})"


def machine(facts: Mapping[str, Any]) -> list[str]:
    """What it was measured on."""
    packages = ", ".join(f"{name} {number}" for name, number in facts["packages"].items())
    settings = ", ".join(f"{name} {value}" for name, value in facts.get("postgresql_settings", {}).items())
    return [
        f"- {facts['cores']} cores ({facts['cpu']}), {facts['memory_gb']} GB, {facts['system']}; the load was"
        f" {facts['load_before']} before the run began.",
        f"- One Ed25519 verification takes {facts['verify_us']} microseconds of a core.",
        f"- Python {facts['python']}; {packages}.",
        f"- Kafka {facts['kafka']} with one broker, acks=all ({facts['java']}); PostgreSQL"
        f" {facts.get('postgresql', '18')} ({settings or 'as the embedded one is set'}).",
        "- Brokers, database, the hub's processes and the load generator share these cores.",
        "",
    ]


def parts(cpu: Mapping[str, float]) -> str:
    """Microseconds of CPU by part, the largest first."""
    ordered = sorted(cpu.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {us:,.0f}" for name, us in ordered)
