"""`python -m bench.hop`: one hop through the embedded log by the size of its frames, for the limit at which
a sender cuts (FRAME_BYTES_MAX). Append, nudge and read in one process, so no wake-up is in it.
"""

import json
import tempfile
import time

import typer

from bulkhead.log.open import open_log

SIZES = (280, 4_096, 16_384, 65_536, 131_072, 262_144, 524_288)
BYTES = 64 * 1024 * 1024
"""appended at each size, at most FRAMES_MAX frames"""
FRAMES_MAX = 4_000
RECEIVE_BYTES_MAX = 256 * 1024


def hop_us(size: int) -> float:
    """Microseconds that a frame of so many bytes takes to be appended and read; the fastest half counts."""
    with tempfile.TemporaryDirectory() as folder:
        log = open_log(f"sqlite:{folder}")
        try:
            log.create_topic("hop", 1)
            writer, reader = log.writer("hop/0", "bench"), log.reader("hop/0", "bench")
            frame = bytes(size)
            taken = []
            for number in range(min(FRAMES_MAX, BYTES // size)):
                begun = time.perf_counter()
                writer.send(frame, number + 1)
                writer.poll()
                reader.receive(RECEIVE_BYTES_MAX, 0.0)
                taken.append(time.perf_counter() - begun)
        finally:
            log.close()
    fastest = sorted(taken)[: max(1, len(taken) // 2)]
    return sum(fastest) / len(fastest) * 1e6


def main() -> None:
    """A line for each size; the last line is one JSON object: microseconds a frame by its bytes."""
    found = {}
    for size in SIZES:
        found[size] = round(hop_us(size), 1)
        print(f"{size:>8,} bytes {found[size]:>8,.1f} us {size / found[size]:>7,.1f} MB/s")
    print(json.dumps(found))


if __name__ == "__main__":
    typer.run(main)
