"""What a run says, as tables, as a page, as charts and as a file."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import attrs
from benchmarks.charts import write_charts
from benchmarks.contest import Contest, Rival, hold
from benchmarks.measure import Figure, spread
from benchmarks.page import PAGE, rewritten
from benchmarks.peers.peer import Fate
from benchmarks.result import Result, Series, Unit
from benchmarks.run import Met, Run
from benchmarks.suite import Suite

from benchmarks import report


def figures(*values: float, p99: float | None = None) -> tuple[Figure, ...]:
    return tuple(Figure(value, p99) for value in values)


def of_seconds(section: str, name: str, *rivals: Series) -> Result:
    return Result(section, name, Unit.SECONDS, Series("actors", figures(1e-5, 1e-5, 1e-5)), rivals)


def a_run() -> Run:
    queue = Series("Queue pair", figures(4e-5, 2e-5, 3e-5, p99=9e-5), faster=2)
    results = [
        of_seconds("asks", "ask", queue),
        of_seconds("peers", "ask", attrs.evolve(queue, faster=None)),
        of_seconds("payloads", "ask with 1 KiB", Series("Connection echo", figures(1e-5, 1e-5, 1e-5))),
        of_seconds("payloads", "ask with 1 MiB", Series("Connection echo", figures(1e-3, 1e-3, 1e-3))),
    ]
    fate = Fate(sent=10, handled=7, asker="`Gone`", took=0.5, restarted=False)
    met = [Met("Peer", "1.0", "a process", "`tell`", fate)]
    return Run(3, "a machine", 2, "2026-01-01", results, met, ["None is not installed"], [0.1, 0.2, 0.3])


def test_contestants_are_measured_in_turn_after_a_round_that_does_not_count() -> None:
    turns: list[str] = []

    def measure(name: str) -> Figure:
        turns.append(name)
        return Figure(len(turns))

    contest = Contest("ask", lambda: measure("ours"), (Rival("queue", lambda: measure("queue")),))
    result = hold(contest, "asks", rounds=2)
    assert turns == ["ours", "queue"] * 3
    assert result.ours.rounds == figures(3, 5)
    assert result.rivals[0].rounds == figures(4, 6)


def test_a_figure_has_the_median_and_the_99th_percentile() -> None:
    assert spread([float(n) for n in range(1, 201)]) == Figure(100.5, 199.0)


def test_a_row_says_what_was_reached() -> None:
    assert report.section(a_run(), "asks").splitlines()[2] == (
        "| ask | 10.0 µs | Queue pair | 30.0 µs | 90.0 µs | 3.00 | 2.00 to 4.00 | 2 | reached |"
    )


def test_a_difference_is_judged_by_itself() -> None:
    fork = Series("fork", figures(2.0), more=1.0)
    more = Result("scale", "memory", Unit.BYTES, Series("actors", figures(3.0)), (fork,))
    assert more.reached(fork)
    assert not attrs.evolve(more, ours=Series("actors", figures(3.5))).reached(fork)


def test_what_nobody_asks_for_is_not_judged() -> None:
    queue = Series("Queue", figures(2.0, 2.0, 2.0))
    assert of_seconds("asks", "ask", queue).reached(queue) is None


def test_a_table_of_caveats_says_what_became_of_the_mail_of_a_killed_actor() -> None:
    assert "| it is gone | 3 of 10 lost | `Gone` after 500 ms |" in report.section(a_run(), "peers")


def test_figures_from_a_busy_machine_say_so() -> None:
    run = a_run()
    assert "busy" not in report.conditions(run)
    run.load = [4.1, 5.0, 6.0]
    assert "busy" in report.conditions(run)


def test_a_peer_that_is_not_there_is_one_sentence() -> None:
    assert report.section(a_run(), "peers").endswith("\n\nNone is not installed")


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    a_run().write(tmp_path / "run.json")
    assert Run.read(tmp_path / "run.json") == a_run()


def test_the_page_is_rewritten_between_its_markers_only() -> None:
    text = "before\n<!-- measured: asks -->\nold\n<!-- end -->\nafter\n"
    new = rewritten(text, a_run())
    assert new == text.replace("old", f"\n{report.section(a_run(), 'asks')}\n")
    assert rewritten(new, a_run()) == new


def test_what_is_to_be_reached_is_shown_for_some_runs_side_by_side() -> None:
    first, second = a_run(), a_run()
    first.machine, second.machine = "2 cores, Python 3.11.7", "2 cores, Python 3.13.0"
    memory = Result("scale", "memory", Unit.BYTES, Series("actors", figures(3 << 20)), ())
    fork = Series("fork", figures(1 << 20), more=1 << 20)
    first.results.append(attrs.evolve(memory, rivals=(fork,)))
    second.results[0] = of_seconds("asks", "ask", Series("Queue pair", figures(1e-5, 1e-5, 1e-5), faster=2))
    assert report.reaches((first, second)).splitlines()[2:] == [
        "| ask | Queue pair | 2 | 3.00 | 1.00, not yet |",
        "| memory | fork | 1.00 MiB more | 2.00 MiB, not yet |  |",
    ]
    assert report.reaches((first, second)).startswith(
        "| what | against | reach | Python 3.11.7 | Python 3.13.0 |"
    )


def test_the_page_has_a_place_for_every_section() -> None:
    page = PAGE.read_text()
    missing = [name for name in Suite().sections() if f"<!-- measured: {name} -->" not in page]
    assert not missing


def test_charts_are_well_formed(tmp_path: Path) -> None:
    write_charts(a_run(), tmp_path)
    titles = {file.stem: ElementTree.parse(file).getroot().get("aria-label") for file in tmp_path.iterdir()}
    assert titles == {
        "ratios": "Ours against raw floors",
        "asks": "Time of an ask",
        "payloads": "Bytes there and back",
    }
