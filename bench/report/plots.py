"""Plots of results, as SVG."""

from collections.abc import Mapping, Sequence
from pathlib import Path

Series = Mapping[str, Sequence[float]]

SIZE = (7.2, 3.6)
HUB, FLOOR = "#2b6cb0", "#a0aec0"


def bars(file: Path, title: str, unit: str, names: Sequence[str], hub: Sequence[float], floor: Sequence[float]) -> None:
    """The hub beside the bare loop, for each name."""
    figure, axes = _figure(title)
    places = range(len(names))
    for shift, values, label, colour in ((-0.2, floor, "bare", FLOOR), (0.2, hub, "hub", HUB)):
        drawn = axes.bar([at + shift for at in places], values, 0.38, label=label, color=colour)
        axes.bar_label(drawn, fmt="{:,.0f}", fontsize=8)
    axes.set_xticks(list(places), list(names))
    axes.set_ylabel(unit)
    axes.legend()
    _save(figure, file)


def stacked(file: Path, title: str, unit: str, names: Sequence[str], parts: Series) -> None:
    """One bar for each name, of parts."""
    figure, axes = _figure(title)
    base = [0.0] * len(names)
    for label, values in parts.items():
        axes.barh(list(names), list(values), left=base, label=label, height=0.6)
        base = [under + value for under, value in zip(base, values, strict=True)]
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.legend(fontsize=8)
    _save(figure, file)


def lines(file: Path, title: str, x: str, y: str, at: Sequence[float], series: Series) -> None:
    """Values over a logarithmic axis of sizes or rates."""
    figure, axes = _figure(title)
    for label, values in series.items():
        axes.plot(at, values, marker="o", label=label)
    axes.set_xscale("log")
    axes.set_xticks(list(at), [f"{value:,.0f}" for value in at])
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_ylim(bottom=0)
    axes.legend()
    _save(figure, file)


def _figure(title: str):  # type: ignore[no-untyped-def]  # Matplotlib is not installed where types are checked
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, fontsize=10, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _save(figure, file: Path) -> None:  # type: ignore[no-untyped-def]
    import matplotlib

    file.parent.mkdir(parents=True, exist_ok=True)
    # The same figures give the same file: no date, no random names.
    with matplotlib.rc_context({"svg.hashsalt": "fmar", "svg.fonttype": "none"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    lines = file.read_text("utf-8").splitlines()
    file.write_text("\n".join(line.rstrip() for line in lines) + "\n", "utf-8")
