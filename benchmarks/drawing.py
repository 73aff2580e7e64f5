"""Drawing: SVG with words and bars, on a card that is light or dark as the reader's screen is."""

from __future__ import annotations

from html import escape
from typing import Final

_STYLE: Final = """
  text { font: 13px system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: var(--ink) }
  .title { font-size: 15px; font-weight: 600 }
  .quiet { fill: var(--quiet); font-size: 12px }
  .right { text-anchor: end } .middle { text-anchor: middle } .strong { font-weight: 600 }
  .card { fill: var(--card) } .grid { stroke: var(--grid) } .mark { stroke: var(--ink); stroke-width: 2 }
  .span { stroke: var(--ink); stroke-opacity: .55 }
  .ours { fill: var(--ours) } .floor { fill: var(--floor) } .peer { fill: var(--peer) }
  .line-ours { stroke: var(--ours) } .line-floor { stroke: var(--floor) }
  .line { fill: none; stroke-width: 2.5 }
  svg { --card: #ffffff; --ink: #1f2328; --quiet: #59636e; --grid: #e4e7eb;
        --ours: #0969da; --floor: #8c959f; --peer: #c4915a }
  @media (prefers-color-scheme: dark) {
    svg { --card: #15181c; --ink: #e6e9ec; --quiet: #9aa4af; --grid: #2a3036;
          --ours: #539bf5; --floor: #77818c; --peer: #b98a57 }
  }
"""


class Drawing:
    """Grows by what is drawn; `render` gives the text of the file."""

    def __init__(self, width: float, height: float, title: str, subtitle: str) -> None:
        self.width = width
        self._height = height
        self._title = title
        self._parts: list[str] = []
        self.text(20, 30, title, "title")
        self.text(20, 50, subtitle, "quiet")

    def text(self, x: float, y: float, words: str, kind: str = "") -> None:
        self._parts.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>')

    def bar(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        place = f'x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height:.1f}"'
        self._parts.append(f'<rect {place} rx="2" class="{kind}"/>')

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        self._parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'
        )

    def dot(self, x: float, y: float, kind: str) -> None:
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" class="{kind}"/>')

    def path(self, points: list[tuple[float, float]], kind: str) -> None:
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polyline points="{way}" class="line {kind}"/>')

    def render(self) -> str:
        size = f'width="{self.width:.0f}" height="{self._height:.0f}"'
        view = f'viewBox="0 0 {self.width:.0f} {self._height:.0f}"'
        name = f'role="img" aria-label="{escape(self._title)}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} {name}>'
        card = '<rect width="100%" height="100%" rx="8" class="card"/>'
        return "\n".join([head, f"<style>{_STYLE}</style>", card, *self._parts, "</svg>", ""])
