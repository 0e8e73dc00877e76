"""`python -m bench.engines.million ORDERS SEED`: a large native book, saved and loaded, and its memory.

It is saved in one piece, and trades nothing meanwhile: the pause is the whole time. The last line is one
JSON object.
"""

import gc
import json
from typing import Annotated

import typer

from bench.book import resident_bytes, timed_ms
from bench.book_flow import BookFlow
from bench.engines.native_book import encoded
from bulkhead._engine import BookCore

TIMES = 5


def main(orders: Annotated[int, typer.Argument(min=1)], seed: Annotated[int, typer.Argument()]) -> None:
    """Measure a snapshot of the native book; the median of five."""
    book = BookCore(None, 0, False)
    book.apply(b"".join(map(encoded, BookFlow(seed).resting(orders))))
    gc.collect()
    saved = book.state()
    saves = sorted(timed_ms(book.state)[0] for _ in range(TIMES))
    loads = sorted(timed_ms(lambda: BookCore.from_state(saved))[0] for _ in range(TIMES))
    found = {
        "orders": orders,
        "snapshot_ms": saves[TIMES // 2],
        "restore_ms": loads[TIMES // 2],
        "pause_ms": saves[TIMES // 2],
        "snapshot_bytes": len(saved),
        "bytes_per_order": resident_bytes(saved) // orders,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    typer.run(main)
