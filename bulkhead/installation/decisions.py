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
        return _answer(answers, (public_key, epoch, stream.last), timeout_s)
    finally:
        log.close()


def _answer(answers: Reader, sent: tuple[bytes, int, int], timeout_s: float) -> Reason | None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        for _, data in answers.receive(1 << 20, WAIT_S):
            for event in read_frame(data).events:
                answer = decode(event)
                if not isinstance(answer, DecisionTaken | DecisionRefused):
                    continue
                if (answer.public_key, answer.epoch, answer.sequence) == sent:
                    return answer.reason if isinstance(answer, DecisionRefused) else None
    raise NoExchange(
        f"control has not answered within {timeout_s:g} s: does it run (`bulkhead status`), and is this"
        f" operator's key one that it was founded with? The decision is in the log and may still be obeyed"
    )
