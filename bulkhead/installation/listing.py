"""Telling a running exchange what its topology adds, by decisions that an operator signs."""

from typing import Any

from bulkhead.domain.messages.control import RegisterKey
from bulkhead.domain.messages.decisions import ChangeMade, ChangePutAside, ChangeRefused
from bulkhead.domain.reasons import Reason
from bulkhead.errors import FatalError
from bulkhead.files import write_private
from bulkhead.installation.decisions import change_trading, decide, operator_name
from bulkhead.installation.founding import genesis_record
from bulkhead.installation.participants_keys import remember_registered
from bulkhead.installation.state import Installation
from bulkhead.installation.told_since import taken_decisions
from bulkhead.topology.plan.listing import Listing
from bulkhead.topology.plan.objects import Ref
from bulkhead.topology.plan.told import Told
from bulkhead.wire.codec import decode

FILE = "told"
"""is there once something was: whether what the file says was told is then to be seen in the log only"""
_ADVICE = {
    Reason.PHASE_NEEDED: "`bulkhead halt {name} --reason ...` first",
    Reason.ORDERS_OPEN: "`bulkhead mass-cancel --instrument {name} --reason ...` first; it has {actual} open",
}


def told_so_far(installation: Installation, decisions: list[Any]) -> Told:
    """Of a founded exchange. `decisions`: those that were taken."""
    record = genesis_record(installation)
    events = [] if record is None else record["events"]
    return Told().hear((decode(bytes.fromhex(event)) for event in events), decisions)


def public_key(installation: Installation, name: str) -> bytes | None:
    """None: it is not made yet."""
    return installation.keys.public_key(name) if installation.keys.has(f"{name}.pem") else None


def has_told(installation: Installation) -> bool:
    """Whether something was added to the exchange from here."""
    return (installation.directory / FILE).exists()


def tell(installation: Installation, ref: Ref, reason: str) -> None:
    """Decide what one object needs, as far as that is not decided yet. Repeated, it completes it.

    FatalError: refused, and why. ApprovalNeeded: a decision waits for other operators; what follows it is
    not decided. NoExchange: no answer in time. KeyMissing: there is no such operator's key here.
    """
    told = told_so_far(installation, taken_decisions(installation))
    obeys(installation, told)
    remember_told(installation)
    listing = Listing(installation.topology, told, lambda name: public_key(installation, name))
    for decision in listing.decisions(ref, reason):
        _take(installation, " ".join(ref), decision)
        if isinstance(decision, RegisterKey):
            remember_registered(installation, decision.public_key, decision.permissions, reason)


def obeys(installation: Installation, told: Told) -> None:
    """FatalError: not the operator who would sign."""
    signer = operator_name(installation)
    if public_key(installation, signer) not in told.operators:
        raise FatalError(
            f"the exchange does not obey {signer} yet: sign with an operator that it knows, `bulkhead"
            f" --operator NAME topology apply`"
        )


def remember_told(installation: Installation) -> None:
    """From now on `has_told`."""
    write_private(installation.directory / FILE, b"see the log: bulkhead history --operators\n")


def _take(installation: Installation, subject: str, decision: Any) -> None:
    what = type(decision).__name__
    if not hasattr(decision, "reference"):
        refusal = decide(installation, decision)
        if refusal is not None:
            raise FatalError(f"{subject}: control refuses {what}: {refusal.name.lower()}")
        return
    match change_trading(installation, decision):
        case ChangeMade():
            return
        case ChangePutAside():
            raise FatalError(
                f"{subject}: quarantine has halted it: {what} is carried out when it is released (`bulkhead"
                f" quarantine list`)"
            )
        case ChangeRefused(reason=refusal, actual=actual):
            advice = _ADVICE.get(refusal, "").format(name=decision.instrument_id, actual=actual)
            because = f"{refusal.name.lower()}{advice and f': {advice}'}"
            raise FatalError(f"{subject}: its book refuses {what}: {because}")
        case refusal:
            raise FatalError(f"{subject}: control refuses {what}: {refusal.name.lower()}")
