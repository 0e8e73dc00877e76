"""Bugs in sequences, checksums, signatures and sessions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bulkhead.machines.signed import SignedStreams
from bulkhead.machines.streams import Gap, InputStream, OutputStreams
from bulkhead.simulation.mutants.mutant import Mutant, PutIn, replaced
from bulkhead.wire.authentication import Verifier


def _takes_repetitions() -> PutIn:
    return replaced(InputStream, "admit", lambda self, frame: frame.events)


def _drops_frames_that_overlap() -> PutIn:
    admit = InputStream.admit

    def whole_frames_only(self: InputStream, frame: Any) -> list[bytes]:
        return [] if frame.first <= self.last else admit(self, frame)

    return replaced(InputStream, "admit", whole_frames_only)


def _does_not_compare_crcs() -> PutIn:
    def admit(self: InputStream, frame: Any) -> list[bytes]:
        if frame.first > self.last + 1:
            raise Gap(self.last + 1, frame.first)
        return list(frame.events[self.last + 1 - frame.first :])

    return replaced(InputStream, "admit", admit)


def _forgets_its_output_numbers() -> PutIn:
    return replaced(OutputStreams, "load", lambda self, state: None)


@contextmanager
def _believes_any_mac() -> Iterator[None]:
    """Where the crate is built, that is asked first."""
    with (
        replaced(Verifier, "look", lambda self, frames: map(self.problem, frames)),
        replaced(Verifier, "_maced", lambda self, data: True),
    ):
        yield


def _does_not_fence_old_sessions() -> PutIn:
    apply = SignedStreams.apply

    def lenient(self: SignedStreams, frame: Any, signer: tuple[bytes, int], outbox: Any, *more: Any) -> Any:
        session = self._signers.session(signer[0])
        epoch = signer[1] if session is None else max(signer[1], session.epoch)
        return apply(self, frame, (signer[0], epoch), outbox, *more)

    return replaced(SignedStreams, "apply", lenient)


STREAMS = (
    Mutant("no-sequence", "takes repetitions", _takes_repetitions),
    Mutant("whole-frames", "drops frames that overlap", _drops_frames_that_overlap),
    Mutant(
        "no-crc",
        "does not compare CRCs",
        _does_not_compare_crcs,
        power_loss=True,
        replicas=False,
        shown_by=36,
    ),
    Mutant("no-numbers", "forgets its output numbers in a snapshot", _forgets_its_output_numbers),
    Mutant("any-mac", "believes any MAC", _believes_any_mac),
    Mutant("no-fence", "takes old sessions' frames", _does_not_fence_old_sessions),
)
