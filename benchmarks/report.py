"""What is printed: a table for each section, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from benchmarks.peers.peer import Fate
from benchmarks.result import Result, Series, Unit
from benchmarks.run import Met, Run

_VERDICTS: Final = {True: "reached", False: "not yet", None: ""}
_BUSY: Final = (
    "**The cores were busy with other work:** every time is longer than it need be, "
    "and whoever spins does so in vain."
)
_FLOORS: Final = ("what", "ours", "p99", "against", "theirs", "their p99", "ratio", "spread", "reach", "")
_LEFT: Final = {
    "what",
    "against",
    "who",
    "an actor is",
    "",
    "its process is killed",
    "the question in hand",
}


def section(run: Run, name: str) -> str:
    """The tables of a section."""
    if name == "peers":
        return "\n\n".join(filter(None, [_side_by_side(run), _caveats(run.met), *run.absent]))
    return table(_FLOORS, [row for result in run.section(name) for row in _rows(result)])


def reaches(runs: Sequence[Run]) -> str:
    """All that is to be reached, and what each of some runs says of it, by its Python."""
    head = ("what", "against", "reach", *(run.python for run in runs))
    asked = [
        (result, rival)
        for result in runs[0].results
        for rival in result.rivals
        if result.reached(rival) is not None
    ]
    return table(head, [(*_asked(*one), *(_said(run.find(*one)) for run in runs)) for one in asked])


def conditions(run: Run) -> str:
    """When, where and how."""
    load = ", ".join(f"{load:.1f}" for load in run.load)
    busy = " " + _BUSY if min(run.load, default=0.0) > 2 * run.cores else ""
    return (
        f"Measured on {run.day} with {run.machine}, in {run.rounds} rounds. "
        f"Load average over 1, 5 and 15 minutes at the end, the measuring included: {load}.{busy}"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, without the columns in which nothing stands."""
    rows = list(rows)
    kept = [place for place in range(len(head)) if any(row[place] for row in rows)]
    lines = [
        [head[place] for place in kept],
        [":--" if head[place] in _LEFT else "--:" for place in kept],
        *([row[place] for place in kept] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _rows(result: Result) -> Iterator[Sequence[str]]:
    ours = (result.name, result.unit.show(result.ours.typical), _tail(result.unit, result.ours))
    for rival in result.rivals:
        yield (*ours, *_beside(result, rival))
        ours = ("", "", "")  # said once, however many rivals there are


def _beside(result: Result, rival: Series) -> Sequence[str]:
    ratios, show = result.ratios(rival), result.unit.show
    against_nothing = rival.more == 0
    ratio, spread = "", ""
    if ratios and not against_nothing:
        ratio, spread = f"{result.ratio(rival):.2f}", f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    return (
        "" if against_nothing else rival.name,
        "" if against_nothing else show(rival.typical),
        _tail(result.unit, rival),
        ratio,
        spread,
        _reach(result.unit, rival),
        _VERDICTS[result.reached(rival)],
    )


def _asked(result: Result, rival: Series) -> Sequence[str]:
    return result.name, "" if rival.more == 0 else rival.name, _reach(result.unit, rival)


def _said(found: tuple[Result, Series] | None) -> str:
    if found is None:
        return ""
    result, rival = found
    if rival.more is None:
        said = f"{result.ratio(rival):.2f}"
    else:
        said = result.unit.show(result.ours.typical - rival.typical)
    return said if result.reached(rival) else f"{said}, not yet"


def _tail(unit: Unit, series: Series) -> str:
    return "" if series.p99 is None else unit.show(series.p99)


def _reach(unit: Unit, rival: Series) -> str:
    if rival.faster is not None:
        return f"{rival.faster:.2g}"
    if rival.more is not None:
        return f"{unit.show(rival.more)} more" if rival.more else "none"
    return ""


def _side_by_side(run: Run) -> str:
    results = run.section("peers")
    names = list(dict.fromkeys(one.name for result in results for one in (result.ours, *result.rivals)))
    heads = [head for result in results for head in (result.name, "spread", "p99")]
    rows = [[name, *(cell for result in results for cell in _cells(result, name))] for name in names]
    return table(["who", *heads], rows)


def _cells(result: Result, name: str) -> Sequence[str]:
    for one in (result.ours, *result.rivals):
        if one.name == name:
            low, high = map(result.unit.show, one.span)
            tail = _tail(result.unit, one) if result.name == "ask" else ""
            return result.unit.show(one.typical), f"{low} to {high}", tail
    return "", "", ""


def _caveats(met: list[Met]) -> str:
    head = (
        "who",
        "version",
        "an actor is",
        "a tell is",
        "its process is killed",
        "waiting mail",
        "the question in hand",
    )
    return table(head, [_caveat(one) for one in met]) if met else ""


def _caveat(one: Met) -> Sequence[str]:
    about = (one.name, one.version, one.an_actor_is, one.tell or "not there")
    if one.fate is None:
        return (*about, "everything goes with it", "lost", "nobody is left to ask")
    return (
        *about,
        "it is restarted" if one.fate.restarted else "it is gone",
        _mail(one.fate),
        _end(one.fate),
    )


def _mail(fate: Fate) -> str:
    if not fate.sent:
        return "none: a send waits while the actor is busy"
    if fate.handled == fate.sent:
        return f"all {fate.sent} handled"
    return f"{fate.sent - fate.handled} of {fate.sent} lost"


def _end(fate: Fate) -> str:
    if fate.asker == "nothing":
        return f"no word within {fate.took:.0f} s"
    return f"{fate.asker} after {fate.took * 1e3:.0f} ms"
