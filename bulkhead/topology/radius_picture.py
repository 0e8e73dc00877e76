"""Blast radii as a picture, in SVG: a panel for each failure, every shard a box at its place in the flow."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from bulkhead.topology.derived import ShardKind, shards
from bulkhead.topology.flows import edges
from bulkhead.topology.radius import Effect, Exchange, Radius
from bulkhead.topology.radius_told import back_text

COLUMNS: tuple[tuple[ShardKind, ...], ...] = (
    ("control", "clock", "supervisor"),
    ("ingress",),
    ("risk",),
    ("book",),
    ("settlement", "view"),
)
"""From left to right as an order goes; a column without shards is left out."""
DRAWN = {("ingress", "risk"), ("risk", "book"), ("book", "settlement"), ("book", "view")}
"""the flows that go from one column to the next: more of them would hide them"""
ROWS_MAX = 6
"""Boxes of one kind. Of more, those that fare worst are drawn, and the rest counted."""
PANELS_ACROSS = 2
WIDTH, HEAD, FOOT, MARGIN = 560, 62, 34, 14
BOX_WIDTH, BOX_HEIGHT, ROW = 96, 22, 30
LINE_CHARACTERS = 86
COLOURS = {
    Effect.STOPS: ("#c62828", "#ffffff", "stops"),
    Effect.DEGRADES: ("#ffe082", "#3e2723", "degrades"),
    Effect.GOES_ON: ("#c8e6c9", "#1b5e20", "goes on"),
}
"""box, text, and what it means; told apart without colours by their brightness, and by the mark in the box"""
MARKS = {Effect.STOPS: "✕ ", Effect.DEGRADES: "~ ", Effect.GOES_ON: ""}

Place = tuple[float, float]
"""the middle of a box"""


def picture(exchange: Exchange, names: Sequence[str]) -> str:
    """The failures of these boundaries and servers, as the text of an SVG file."""
    height = HEAD + FOOT + ROW * max(map(len, _columns(exchange, exchange.radius())))
    across = min(PANELS_ACROSS, len(names))
    rows = -(-len(names) // across)
    width = across * (WIDTH + MARGIN) + MARGIN
    whole = rows * (height + MARGIN) + MARGIN + 30
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {whole}" font-size="11"',
        f'width="{width}" height="{whole}" font-family="DejaVu Sans, Verdana, sans-serif">',
        f'<rect width="{width}" height="{whole}" fill="#ffffff"/>',
    ]
    for number, name in enumerate(names):
        x = MARGIN + number % across * (WIDTH + MARGIN)
        y = MARGIN + number // across * (height + MARGIN)
        lines.append(f'<g transform="translate({x} {y})">')
        lines += _panel(exchange, name, height)
        lines.append("</g>")
    lines += _legend(whole - 20)
    return "\n".join([*lines, "</svg>", ""])


def _panel(exchange: Exchange, name: str, height: int) -> Iterator[str]:
    radius = exchange.radius(name)
    yield f'<rect width="{WIDTH}" height="{height}" rx="6" fill="#fafafa" stroke="#bdbdbd"/>'
    yield f'<text x="12" y="20" font-size="14" font-weight="bold">{escape(name)} fails</text>'
    stopped = f"stopped: {_services(radius)}"
    yield f'<text x="12" y="36" fill="#424242">{escape(_cut(stopped))}</text>'
    back = f"back: {back_text(name, exchange.recovery(name), exchange.topology.log.adapter)}"
    yield f'<text x="12" y="{height - 12}" fill="#424242">{escape(_cut(back))}</text>'
    columns = _columns(exchange, radius)
    places = _places(columns)
    yield from _lines(exchange, radius, places)
    for column in columns:
        for label, effect in column:
            yield from _box(label, effect, places[label])


def _services(radius: Radius) -> str:
    """How many of each kind, of how many."""
    counts: dict[str, list[int]] = {}
    for number, services in enumerate((radius.stopped, radius.going_on)):
        for service in services:
            counts.setdefault(service.kind, [0, 0])[number] += 1
    return (
        ", ".join(
            kind if stopped + left == 1 else f"{kind} ({stopped} of {stopped + left})"
            for kind, (stopped, left) in counts.items()
            if stopped
        )
        or "nothing"
    )


def _columns(exchange: Exchange, radius: Radius) -> list[list[tuple[str, Effect]]]:
    """Boxes by column: what stands in each, and how it fares."""
    by_kind: dict[str, list[tuple[str, Effect]]] = {}
    for shard in shards(exchange.topology):
        by_kind.setdefault(shard.kind, []).append((shard.name, radius.shards[shard.name]))
    columns = []
    for kinds in COLUMNS:
        boxes: list[tuple[str, Effect]] = []
        for kind in kinds:
            boxes += _fewer(kind, by_kind.get(kind, []))
        if boxes:
            columns.append(boxes)
    return columns


def _fewer(kind: str, boxes: list[tuple[str, Effect]]) -> list[tuple[str, Effect]]:
    if len(boxes) <= ROWS_MAX:
        return boxes
    worst = sorted(boxes, key=lambda box: -box[1])
    rest = worst[ROWS_MAX - 1 :]
    kept = {name for name, _ in worst[: ROWS_MAX - 1]}
    return [*(box for box in boxes if box[0] in kept), (f"{len(rest)} more {kind}s", rest[0][1])]


def _places(columns: list[list[tuple[str, Effect]]]) -> dict[str, Place]:
    step = (WIDTH - 24 - BOX_WIDTH) / max(1, len(columns) - 1)
    return {
        label: (12 + BOX_WIDTH / 2 + number * step, HEAD + ROW * row + BOX_HEIGHT / 2)
        for number, column in enumerate(columns)
        for row, (label, _) in enumerate(column)
    }


def _lines(exchange: Exchange, radius: Radius, places: dict[str, Place]) -> Iterator[str]:
    """Flows of orders and trades, from column to column; those of a shard that stops are dashed and red."""
    drawn = set()
    for edge in edges(exchange.topology):
        source, reader = edge.source.name, edge.reader.name
        ends = frozenset((source, reader))
        if (edge.source.kind, edge.reader.kind) not in DRAWN or ends in drawn:
            continue
        if source in places and reader in places:
            drawn.add(ends)
            cut = Effect.STOPS in (radius.shards[source], radius.shards[reader])
            style = 'stroke="#c62828" stroke-dasharray="4 3"' if cut else 'stroke="#90a4ae"'
            (x1, y1), (x2, y2) = sorted((places[source], places[reader]))
            yield (
                f'<line x1="{x1 + BOX_WIDTH / 2:.1f}" y1="{y1:.1f}" x2="{x2 - BOX_WIDTH / 2:.1f}" '
                f'y2="{y2:.1f}" {style}/>'
            )


def _box(label: str, effect: Effect, place: Place) -> Iterator[str]:
    fill, ink, _ = COLOURS[effect]
    x, y = place
    yield (
        f'<rect x="{x - BOX_WIDTH / 2:.1f}" y="{y - BOX_HEIGHT / 2:.1f}" width="{BOX_WIDTH}" '
        f'height="{BOX_HEIGHT}" rx="4" fill="{fill}" stroke="{ink}" stroke-opacity="0.3"/>'
    )
    yield (
        f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle" fill="{ink}">'
        f"{MARKS[effect]}{escape(label)}</text>"
    )


def _legend(y: int) -> Iterator[str]:
    x = MARGIN
    for effect, (fill, _, meaning) in COLOURS.items():
        yield f'<rect x="{x}" y="{y}" width="12" height="12" rx="2" fill="{fill}" stroke="#9e9e9e"/>'
        yield f'<text x="{x + 18}" y="{y + 10}">{MARKS[effect]}{meaning}</text>'
        x += 100


def _cut(text: str) -> str:
    return text if len(text) <= LINE_CHARACTERS else f"{text[: LINE_CHARACTERS - 1]}…"
