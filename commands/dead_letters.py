"""`bulkhead dead-letters`: the frames that could not be verified, and why."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.founding import identity_of
from bulkhead.log.open import open_log
from bulkhead.views.dead_letters import PARTITION, KeptLetter, dead_letters
from bulkhead.wire.authentication import Verifier
from bulkhead.wire.head import read_head
from commands.decision import errors
from commands.opened import open_installation
from commands.topology import TopologyOption

app = typer.Typer(help="Frames that could not be verified, and why.", invoke_without_command=True)

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object for each, a line each.")]
HEX_COLUMNS = 16
SOURCE_CHARACTERS = 12
"""of a participant's key in the table: enough to tell keys apart"""


@app.callback()
def list_all(context: typer.Context, as_json: JsonOption = False, topology: TopologyOption = None) -> None:
    """List them, in the order in which they were kept. Reads the log only: no shard has to run. Where in its
    partition one stood, `show` and --json tell.

    A sender is what the frame says of itself. Nothing proves it: that is why it is here.
    """
    if context.invoked_subcommand is not None:
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("no", justify="right")
    for name in ("partition", "reason"):
        table.add_column(name, overflow="fold")
    table.add_column("bytes", justify="right")
    table.add_column("says it is from", overflow="fold")
    with _letters(topology) as letters:
        for kept in letters:
            told = _facts(kept)
            if as_json:
                print(json.dumps(told))
                continue
            source = told["source"] or ""
            short = source if len(source) <= SOURCE_CHARACTERS else source[:SOURCE_CHARACTERS] + "…"
            table.add_row(
                *map(str, (kept.number, told["partition"], told["reason"], told["bytes"])),
                escape(short),
            )
    if not as_json:
        console = Console()
        console.print(table if table.row_count else "There are no dead letters.")


@app.command()
def show(
    number: Annotated[int, typer.Argument(min=1, help="As the list numbers them.")],
    as_json: JsonOption = False,
    topology: TopologyOption = None,
) -> None:
    """One dead letter: what is known of it, the head of the frame as far as it is one, and its bytes."""
    with _letters(topology) as letters:
        kept = next((kept for kept in letters if kept.number == number), None)
    if kept is None:
        errors.print(f"[red]There is no dead letter {number}:[/red] see `bulkhead dead-letters`")
        raise typer.Exit(1)
    told = _facts(kept) | {"frame": kept.letter.frame.hex()}
    if as_json:
        print(json.dumps(told))
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in told.items():
        if name != "frame" and value is not None:
            table.add_row(name.replace("_", " "), escape(str(value)))
    console = Console()
    console.print(table)
    if told["source"] is None:
        console.print("It has no head of a frame.")
    console.print("\n".join(_dump(kept.letter.frame)), markup=False, highlight=False, soft_wrap=True)
    if kept.letter.frame_bytes > len(kept.letter.frame):
        console.print(f"… {kept.letter.frame_bytes - len(kept.letter.frame)} bytes more were not kept.")


@contextmanager
def _letters(topology: TopologyOption) -> Iterator[Iterator[KeptLetter]]:
    installation = open_installation(topology)
    try:
        identity = identity_of(installation)
        verifier = Verifier(identity.exchange_id, identity.genesis_id, PARTITION, identity.mac_key)
        with closing(open_log(installation.log_address)) as log:
            yield dead_letters(log, verifier, "operator")
    except (FatalError, TemporaryError, FileNotFoundError) as problem:
        errors.print(f"[red]{escape(str(problem))}[/red]")
        raise typer.Exit(1) from problem


def _facts(kept: KeptLetter) -> dict[str, Any]:
    letter, head = kept.letter, read_head(kept.letter.frame)
    return {
        "number": kept.number,
        "partition": letter.partition,
        "position": letter.position.hex(),
        "reason": letter.reason.name.lower(),
        "bytes": letter.frame_bytes,
        "kept_by": kept.kept_by,
        "kept_at": datetime.fromtimestamp(kept.kept_at_us / 1e6, UTC).isoformat(),
        "source": head.source if head else None,
        "destination": head.destination if head else None,
        "exchange_id": head.exchange_id if head else None,
        "genesis_id": head.genesis_id.hex() if head else None,
        "first_sequence": head.first if head else None,
        "sent_at_us": head.sent_at_us if head else None,
    }


def _dump(data: bytes) -> Iterator[str]:
    """As xxd prints it: offset, bytes, and those that are printable."""
    for start in range(0, len(data), HEX_COLUMNS):
        row = data[start : start + HEX_COLUMNS]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield f"{start:08x}  {row.hex(' '):<{3 * HEX_COLUMNS}} {text}"
