"""The charts of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks.bars import Bar, bars
from benchmarks.result import Result, Series
from benchmarks.run import Run
from benchmarks.suite import PAYLOADS
from benchmarks.sweep import sweep

_FLOORS: Final = ("Queue pair", "bare fork", "bare forkserver", "bare spawn")


def write_charts(run: Run, folder: Path) -> None:
    """Write those for which the run has the figures."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, chart in _charts(run):
        Path(folder, f"{name}.svg").write_text(chart)


def _charts(run: Run) -> Iterator[tuple[str, str]]:
    asked = [result for result in run.results if any(rival.faster for rival in result.rivals)]
    if asked:
        yield "ratios", _ratios(asked)
    peers = {result.name: result for result in run.section("peers")}
    if "ask" in peers:
        yield (
            "asks",
            _race(peers["ask"], "Time of an ask", "median; the thin line goes to the 99th percentile"),
        )
    if "tell" in peers:
        yield "tells", _race(peers["tell"], "Time of a tell until it has been handled", "median")
    if run.section("starts"):
        yield "starts", _starts(run)
    if run.section("payloads"):
        yield "payloads", _payloads(run.section("payloads"))


def _ratios(results: list[Result]) -> str:
    groups: dict[str, list[Bar]] = {}
    for result in results:
        for rival in result.rivals:
            ratios = result.ratios(rival)
            if rival.faster is not None and ratios:
                span = (ratios[0], ratios[-1])
                bar = Bar(result.name, result.ratio(rival) or 1, "ours", span, rival.faster)
                groups.setdefault(f"against {rival.name}", []).append(bar)
    subtitle = (
        "the floor's figure by ours: longer is better; the stroke is the reach, the thin line the spread"
    )
    return bars(
        "Ours against raw floors",
        subtitle,
        dict(groups),
        lambda ratio: f"{ratio:.2g}",
    )


def _race(result: Result, title: str, subtitle: str) -> str:
    field = sorted((result.ours, *result.rivals), key=lambda one: one.typical)
    return bars(
        title, f"{subtitle}; shorter is better", {"": [_runner(one) for one in field]}, result.unit.show
    )


def _starts(run: Run) -> str:
    starts = {result.name: result for result in run.section("starts")}
    shown = {
        name: _floors(result) for name, result in starts.items() if "first reply" in name or "next" in name
    }
    groups: dict[str, Sequence[Bar]] = {**shown}
    for result in run.section("peers"):
        if result.name == "spawn to first reply":
            field = sorted((result.ours, *result.rivals), key=lambda one: one.typical)
            groups["spawn to first reply, beside peers"] = [_runner(one) for one in field]
    show = next(iter(starts.values())).unit.show
    return bars("Starts, and starts again", "for each actor or process; shorter is better", groups, show)


def _floors(result: Result) -> list[Bar]:
    return [_runner(one) for one in (result.ours, *result.rivals)]


def _runner(one: Series) -> Bar:
    kind = "ours" if one.name == "actors" else "floor" if one.name.startswith(_FLOORS) else "peer"
    return Bar(one.name, one.typical, kind, (one.typical, one.p99) if one.p99 else one.span)


def _payloads(results: list[Result]) -> str:
    sizes = {f"ask with {name}": size for name, (size, _) in PAYLOADS.items()}

    def rate(of: Callable[[Result], Series]) -> list[tuple[float, float]]:
        return [(sizes[one.name], 2 * sizes[one.name] / of(one).typical) for one in results]

    lines = {"actors": rate(lambda one: one.ours), "Connection echo": rate(lambda one: one.rivals[0])}
    return sweep(
        "Bytes there and back", "moved in a second, by the size of the message; higher is better", lines
    )
