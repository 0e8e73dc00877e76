"""What a process does about an event that its machine raises on, as tests/model/quarantine.py tried it.

1. It derives the state before again, from the snapshot and the log, and tries once more.
2. What repeats and was decided is skipped: the state is derived once more, with the decision.
3. Not decided, and another has passed it: this process is the one that is wrong. It halts.
4. Not decided, and another is the primary: it waits, for a decision or for the other to pass.
5. The primary decides. Whether that counts is read back; either way the state is derived again.
"""

from bulkhead.errors import FatalError
from bulkhead.machines.interface import MachineRaised
from bulkhead.runtime.decisions import Decisions
from bulkhead.runtime.shard import Shard

SEE = "docs/operations.md, 'A machine raises'"


class Quarantine:
    """Of one process, for as long as it lives: what its machine raised on and is not settled yet."""

    def __init__(self) -> None:
        self._tried: MachineRaised | None = None
        self._tried_at = 0
        """events that the machine had applied before that one's frame"""
        self._known: frozenset[int] = frozenset()
        """what was skipped of that frame when it was tried again"""

    def begin(self, shard: Shard) -> None:
        """A new life, before anything is applied: what raised is tried again."""
        if self._tried is not None:
            shard.careful_at = self._tried.position

    def tries_again(self, shard: Shard, raised: MachineRaised) -> bool:
        """Whether the state before is to be derived first; else `settle` it.

        FatalError: nothing can be decided about it. Superseded: nor need it be, here.
        """
        shard.check_lease()
        before, self._tried = self._tried, raised
        passed = before is not None and self._is_behind(before, raised, shard.machine.events_applied)
        self._tried_at = shard.machine.events_applied
        if before is None or passed:
            return True
        if (before.position, before.sequence) != (raised.position, raised.sequence):
            raise FatalError(f"{raised}, after {before}, and there not again: suspect this computer. {SEE}")
        if shard.decisions is None or not raised.subject:
            raise FatalError(
                f"{raised}, again, from the state before. It concerns the whole shard: no instrument or"
                f" account can be halted instead. {SEE}"
            )
        self._known = shard.decisions.decided.skips_at(raised.position)
        if raised.sequence in self._known:
            raise FatalError(f"{raised} again, though it is skipped: {raised.subject} can't be halted. {SEE}")
        return False

    def _is_behind(self, before: MachineRaised, raised: MachineRaised, events_applied: int) -> bool:
        """Whether the state has come past `before` to get to `raised`: it did not repeat, or was decided."""
        if raised.position == before.position:
            return raised.sequence > before.sequence
        return events_applied > self._tried_at

    def settle(self, shard: Shard, raised: MachineRaised, why: str) -> bool:
        """Whether it is: the state is to be derived again. Else ask again, soon.

        FatalError: this process is to halt. TemporaryError: the log can't be asked now. Superseded.
        SkipMissed: derive it again, for another decision.
        """
        assert shard.decisions is not None  # tries_again
        shard.check_lease()
        if not self._is_decided(shard.decisions, raised):
            shard.honour_decisions()  # a state that has missed a skip raises where the right one may not
            passed = shard.passed_by_another()
            if not passed and not shard.primary:
                return False
            if not passed:
                shard.decisions.decide(raised, shard.machine.events_applied, why)
            elif not self._is_decided(shard.decisions, raised):  # nor between the two looks
                raise FatalError(
                    f"{raised} again, and {passed}: suspect this computer, or, after a power cut, that the"
                    f" log has lost a decision. {SEE}"
                )
        self._tried = None
        return True

    def _is_decided(self, decisions: Decisions, raised: MachineRaised) -> bool:
        """Whether anything has been about the frame since it was applied here; it may be of an event before
        this one, which then is never handled.
        """
        return decisions.read().skips_at(raised.position) != self._known
