"""Bars: a chart of horizontal bars on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import attrs

from benchmarks.drawing import Drawing

WIDTH: Final = 760
_LEFT: Final = 290
_RIGHT: Final = 110
_TOP: Final = 70
_ROW: Final = 26
_GAP: Final = 30


@attrs.frozen
class Bar:
    """One bar, from the low end of the scale to its value."""

    label: str
    value: float
    kind: str
    """``ours``, ``floor`` or ``peer``."""
    span: tuple[float, float] | None = None
    """A thin line from here to there."""
    mark: float | None = None
    """A short stroke across the bar, here."""


def bars(title: str, subtitle: str, groups: dict[str, Sequence[Bar]], show: Callable[[float], str]) -> str:
    """The chart, as SVG. Each group has a heading, unless that is empty."""
    groups = {heading: group for heading, group in groups.items() if group}
    rows = sum(map(len, groups.values()))
    height = _TOP + rows * _ROW + sum(_GAP for heading in groups if heading) + 40
    drawing = Drawing(WIDTH, height, title, subtitle)
    scale = _Scale.over(bar for group in groups.values() for bar in group)
    for tick in scale.ticks:
        drawing.line(scale.x(tick), _TOP - 6, scale.x(tick), height - 34, "grid")
        drawing.text(scale.x(tick), height - 16, show(tick), "quiet middle")
    y = float(_TOP)
    for heading, group in groups.items():
        if heading:
            drawing.text(20, y + 18, heading, "strong")
            y += _GAP
        for bar in group:
            _draw(drawing, bar, y, scale, show)
            y += _ROW
    return drawing.render()


def _draw(drawing: Drawing, bar: Bar, y: float, scale: _Scale, show: Callable[[float], str]) -> None:
    drawing.text(_LEFT - 10, y + 15, bar.label, "right strong" if bar.label == "actors" else "right")
    drawing.bar(_LEFT, y + 4, scale.x(bar.value) - _LEFT, _ROW - 10, bar.kind)
    drawing.text(WIDTH - 20, y + 16, show(bar.value), "right")
    if bar.span is not None:
        low, high = map(scale.x, bar.span)
        drawing.line(low, y + 12, high, y + 12, "span")
    if bar.mark is not None:
        drawing.line(scale.x(bar.mark), y + 1, scale.x(bar.mark), y + _ROW - 3, "mark")


@attrs.frozen
class _Scale:
    low: float
    high: float

    @classmethod
    def over(cls, bars: Iterable[Bar]) -> _Scale:
        """Whole powers of ten around all that is drawn."""
        values = [value for bar in bars for value in (bar.value, *(bar.span or ()), bar.mark) if value]
        return cls(math.floor(math.log10(min(values)) - 0.05), math.ceil(math.log10(max(values))))

    @property
    def ticks(self) -> list[float]:
        return [10.0**power for power in range(int(self.low), int(self.high) + 1)]

    def x(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return _LEFT + share * (WIDTH - _LEFT - _RIGHT)
