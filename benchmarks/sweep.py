"""A sweep: a chart of lines over sizes, both scales logarithmic."""

from __future__ import annotations

import math
from typing import Final

from benchmarks.drawing import Drawing

_WIDTH: Final = 760
_HEIGHT: Final = 380
_BOX: Final = (90, 75, 610, 330)
_KINDS: Final = ("ours", "floor")
_UNITS: Final = ("B", "KiB", "MiB", "GiB")


def sweep(title: str, subtitle: str, lines: dict[str, list[tuple[float, float]]]) -> str:
    """The chart, as SVG: of at most two lines, each of bytes a second over bytes."""
    drawing = Drawing(_WIDTH, _HEIGHT, title, subtitle)
    points = [point for line in lines.values() for point in line]
    across = _Axis([x for x, _ in points], _BOX[0], _BOX[2])
    up = _Axis([y for _, y in points], _BOX[3], _BOX[1])
    for tick in up.ticks(2):
        drawing.line(_BOX[0], up.at(tick), _BOX[2], up.at(tick), "grid")
        drawing.text(_BOX[0] - 10, up.at(tick) + 4, f"{_bytes(tick)}/s", "quiet right")
    for tick in across.ticks(4):
        drawing.text(across.at(tick), _BOX[3] + 24, _bytes(tick), "quiet middle")
    for kind, (name, line) in zip(_KINDS, lines.items(), strict=False):
        places = [(across.at(x), up.at(y)) for x, y in line]
        drawing.path(places, f"line-{kind}")
        for place in places:
            drawing.dot(*place, kind)
        drawing.text(places[-1][0] + 12, places[-1][1] + 4, name, "strong" if kind == "ours" else "")
    return drawing.render()


class _Axis:
    """Powers of two, from one end to the other."""

    def __init__(self, values: list[float], begin: float, end: float) -> None:
        self._low = math.floor(math.log2(min(values)))
        self._high = max(math.ceil(math.log2(max(values))), self._low + 1)
        self._begin, self._end = begin, end

    def at(self, value: float) -> float:
        share = (math.log2(value) - self._low) / (self._high - self._low)
        return self._begin + share * (self._end - self._begin)

    def ticks(self, step: int) -> list[float]:
        return [2.0**power for power in range(self._low, self._high + 1, step)]


def _bytes(size: float) -> str:
    power = min(int(math.log2(size) // 10), len(_UNITS) - 1)
    return f"{size / 1024**power:g} {_UNITS[power]}"
