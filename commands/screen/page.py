"""A whole screen of one instrument: header, ladder beside trades, rates, and what the caller has to say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bulkhead.views.questions import Ladder
from bulkhead.views.session import SessionView
from bulkhead.views.trades import Trade
from commands.screen.ladder import ladder_table, trades_table
from commands.screen.rates import rates_line
from commands.screen.session import session_text
from commands.screen.units import Units

ROWS = 10
"""levels of each side where the height is not known (printed once, or above other output)"""
PHASE_STYLES = {"continuous": "bold green", "halted": "bold red", "closed": "bold red"}


@dataclass(frozen=True)
class Page:
    """Fills `height` lines if given, and shows at most `rows` levels of each side; ROWS without either."""

    title: str
    """whose it is, at the right of the header: the exchange"""
    ladder: Ladder
    trades: Sequence[Trade]
    """the newest first"""
    units: Units
    per_second: Mapping[str, float] = field(default_factory=dict)
    totals: Mapping[str, str] = field(default_factory=dict)
    footer: RenderableType | None = None
    """under the rates: a progress bar, a table of shards, a notice"""
    rows: int | None = None
    height: int | None = None
    session: SessionView | None = None
    """what there is to say beside the phase"""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        footer = (
            []
            if self.footer is None
            else console.render_lines(self.footer, options.update(height=None), pad=False)
        )
        rows = self.rows or ROWS
        if self.height is not None:
            # Header, headings, the middle, the rule and the rates are a line each.
            fitting = max((self.height - 5 - len(footer)) // 2, 1)
            rows = min(self.rows or fitting, fitting)
        ladder = ladder_table(self.ladder, self.units, rows, options.ascii_only)
        trades = trades_table(self.trades, self.units, 2 * rows + 1, options.ascii_only)
        trades_width = Measurement.get(console, options, trades).maximum
        body = Table.grid(expand=True, padding=0)
        body.add_column(ratio=1)
        # Where the ladder would be cut, it comes alone.
        if width - trades_width >= Measurement.get(console, options, ladder).minimum:
            body.add_column(width=trades_width)
            body.add_row(ladder, trades)
        else:
            body.add_row(ladder)
        yield self._header(width)
        yield body
        yield Rule(style="dim", characters="-" if options.ascii_only else "─")
        yield rates_line(self.per_second, self.totals, options.ascii_only)
        if self.footer is not None:
            yield self.footer

    def _header(self, width: int) -> Text:
        phase = self.ladder["phase"]
        header = Text.assemble(
            (self.ladder["instrument_id"], "bold"), "  ", (phase, PHASE_STYLES.get(phase, "bold"))
        )
        if self.session is not None:
            header.append_text(session_text(self.session, self.units))
        title = Text(self.title, "dim")
        header.pad_right(max(width - header.cell_len - title.cell_len, 2))
        header.append_text(title)
        header.no_wrap = True
        header.truncate(width, overflow="ellipsis")
        return header
