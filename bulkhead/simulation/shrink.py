"""The fewest events with which a seed still fails (delta debugging: Zeller and Hildebrandt, 2002)."""

from collections.abc import Callable
from dataclasses import replace

from bulkhead.simulation.run import Outcome, Setup, simulate


def shrunk(
    seed: int, setup: Setup, runs_max: int, look: Callable[[int, int], object] = lambda runs, events: None
) -> tuple[Setup, Outcome]:
    """Leave out what is not needed, at most `runs_max` runs long: the setup that is left, and its outcome.

    `look` is told the runs so far and how many events are left. Any failure counts, not only the first one
    seen: a smaller one is the better one to read.
    """
    setup = replace(setup, skip=frozenset())
    outcome = simulate(seed, setup)
    kept = list(range(len(setup.events(seed))))
    everything = frozenset(kept)
    chunk, runs = max(1, len(kept) // 2), 1
    while chunk and runs < runs_max:
        start, removed = 0, False
        while start < len(kept) and runs < runs_max:
            fewer = kept[:start] + kept[start + chunk :]
            tried = replace(setup, skip=everything.difference(fewer))
            found = simulate(seed, tried)
            runs += 1
            look(runs, len(kept))
            if found.failure:
                kept, setup, outcome, removed = fewer, tried, found, True
            else:
                start += chunk
        if not removed or chunk > len(kept):
            chunk //= 2
    return setup, outcome
