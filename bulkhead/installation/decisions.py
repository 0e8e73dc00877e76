"""An operator's decision on its way: signed, into control's partition, until control has answered."""

import time
from typing import Any

from bulkhead.client.errors import NoExchange
from bulkhead.domain.control.operators import DECISIONS
from bulkhead.domain.messages.decisions import DecisionRefused, DecisionTaken
from bulkhead.domain.messages.participant import OpenSession
from bulkhead.domain.reasons import Reason
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.log.port import Reader
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.codec import decode, encode
from bulkhead.wire.frame import read_frame, signer_source

ANSWER_TIMEOUT_S = 30.0
"""A control shard that was killed is back in about 3 s."""
WAIT_S = 0.2


def decide(installation: Installation, message: Any, timeout_s: float = ANSWER_TIMEOUT_S) -> Reason | None:
    """Send one decision, signed with the first operator's key, and wait for control's answer: None, or why
    not.

    NoExchange: no answer in time; what was sent stays in the log, and is obeyed when control reads it.
    """
    return decide_and_hear(installation, message, 0, timeout_s)[0]


def decide_and_hear(
    installation: Installation, message: Any, answers_wanted: int, timeout_s: float = ANSWER_TIMEOUT_S
) -> tuple[Reason | None, list[Any]]:
    """As `decide`, and what so many shards, who name the operator's event, have said to it."""
    key = installation.keys.private_key(installation.topology.keys.operators[0])
    public_key, epoch = key.public_key().public_bytes_raw(), time.time_ns() // 1000
    source = signer_source(public_key, epoch)
    log = open_log(installation.log_address)
    try:
        answers = log.reader(DECISIONS, "operator")
        answers.seek(answers.end())
        # A stream of its own for each decision: it begins at 1, so nothing has to be remembered.
        stream = Source(
            log, identity_of(installation), source, "control/0", SignatureSealer(key), f"operator/{source}"
        )
        stream.send([encode(OpenSession()), encode(message)], epoch)
        stream.flush()
        return _heard(answers, (public_key, epoch, stream.last), answers_wanted, timeout_s)
    finally:
        log.close()


def _heard(
    answers: Reader, sent: tuple[bytes, int, int], wanted: int, timeout_s: float
) -> tuple[Reason | None, list[Any]]:
    taken, found = False, list[Any]()
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        for _, data in answers.receive(1 << 20, WAIT_S):
            for answer in map(decode, read_frame(data).events):
                if _event_of(answer) != sent:
                    continue
                if isinstance(answer, DecisionRefused):
                    return answer.reason, []
                if isinstance(answer, DecisionTaken):
                    taken = True
                elif answer not in found:  # a shard that was restarted says it again
                    found.append(answer)
        if taken and len(found) == wanted:
            return None, found
    if taken:
        raise NoExchange(
            f"control has taken the decision, and {len(found)} of {wanted} shards have answered within"
            f" {timeout_s:g} s: `bulkhead status` shows which is down. It is obeyed when it reads on"
        )
    raise NoExchange(
        f"control has not answered within {timeout_s:g} s: does it run (`bulkhead status`), and is this"
        f" operator's key one that it was founded with? The decision is in the log and may still be obeyed"
    )


def _event_of(answer: Any) -> tuple[bytes, int, int] | None:
    """Which operator's event it answers; None: it is none of those."""
    names = ("public_key", "epoch", "sequence")
    return tuple(getattr(answer, name) for name in names) if hasattr(answer, "sequence") else None
