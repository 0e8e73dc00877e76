"""Whatever the ordering allows, the recording comes out: the same trades, refusals and resting orders."""

import pytest

from bulkhead.flow.recording import Recording
from tests.unit.flow.replaying import in_sequence, run_ahead, stop_the_world, tape_of, unordered

SLICE = 20_000
"""The opening book, and enough after it for 32 trades."""


@pytest.mark.parametrize("window", [50, 2_000, SLICE])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_slice_in_any_sequence_that_barriers_allow_has_the_same_result(
    recording: Recording, seed: int, window: int
) -> None:
    commands = recording.commands[:SLICE]
    expected = in_sequence(commands)
    assert len(expected.tape) > 20
    assert stop_the_world(recording, commands, seed, window).result() == expected.result()
    assert run_ahead(recording, commands, seed, window).result() == expected.result()


@pytest.mark.parametrize("window", [2_000, 10_000])
def test_the_whole_recording_in_a_sequence_that_barriers_allow_has_the_same_result(
    recording: Recording, window: int
) -> None:
    expected = in_sequence(recording.commands)
    assert expected.tape == tape_of(recording.trades)
    assert stop_the_world(recording, recording.commands, window, window).result() == expected.result()
    assert run_ahead(recording, recording.commands, window, window).result() == expected.result()


def test_a_slice_without_barriers_trades_otherwise(recording: Recording) -> None:
    commands = recording.commands[:SLICE]
    assert unordered(recording, commands, seed=1, window=2_000).tape != in_sequence(commands).tape
