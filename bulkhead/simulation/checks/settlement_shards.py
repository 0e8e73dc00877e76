"""At rest: each account is on the settlement shard of its slot alone; one that has ended has nothing."""

from typing import Any

from bulkhead.domain.settlement.model import OWN_ACCOUNTS, Settlement
from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import Evidence


def check_settlement_shards(evidence: Evidence) -> None:
    control = evidence.domain("control/0").control
    ledgers: dict[int, Settlement] = {
        int(name.removeprefix("settlement/")): evidence.domain(name).settlement
        for name in evidence.shards("settlement")
    }
    there = {number: ledgers[number] for number in control.settlement_numbers()}
    first = next(iter(there.values()))
    for number, ledger in there.items():
        name = f"settlement/{number}"
        must(ledger.leaving is None, f"{name} is giving accounts away")
        must(ledger.instruments == first.instruments, f"{name} has other instruments: {ledger.instruments}")
        must(ledger.risk == first.risk, f"{name} tells deposits to other risk shards")
        must(ledger.behaviour.version == first.behaviour.version, f"{name} goes by other rules")
        members = {
            participant_id: slot
            for participant_id, slot in control.participants.items()
            if control.settlement[slot] == number
        }
        must(ledger.participants == members, f"{name} has participants {ledger.participants}, not {members}")
        accounts = {
            account_id: members[owner] for account_id, owner in control.accounts.items() if owner in members
        }
        must(ledger.slots == accounts, f"{name} has accounts {ledger.slots}, not {accounts}")
        booked = {account.account_id for account in ledger.ledger.all_accounts()} - OWN_ACCOUNTS
        must(booked <= accounts.keys(), f"{name} has booked to {sorted(booked - accounts.keys())}")
    for number in sorted(control.retired_settlement):
        if number in ledgers:  # else no process has ever run
            _check_ended(evidence, number, ledgers[number])


def _check_ended(evidence: Evidence, number: int, ledger: Settlement) -> None:
    left: list[Any] = [*ledger.participants, *ledger.slots, *ledger.ledger.all_accounts()]
    must(not left, f"settlement/{number} has ended, and has {left}")
    told = {name: evidence.domain(name).partition.behaviour.ended for name in evidence.shards("book")}
    told |= {name: evidence.domain(name).risk.retired_settlement for name in evidence.risk_shards()}
    for name, ended in told.items():
        must(number in ended, f"{name} does not know that settlement/{number} has ended")
