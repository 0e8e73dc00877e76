"""What a settlement shard books, and what it keeps apart."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bulkhead.domain.messages import control
from bulkhead.domain.messages.settlement import DepositSettled, SettleLeg
from bulkhead.domain.settlement.machine import SettlementMachine
from bulkhead.domain.settlement.model import OWN_ACCOUNTS
from bulkhead.domain.terms import Phase, Side
from bulkhead.topology.validate import RESERVED


def test_no_participants_account_can_have_the_name_of_one_of_the_exchanges_own() -> None:
    assert set(RESERVED) == OWN_ACCOUNTS


@dataclass
class Said:
    messages: list[tuple[str, Any]] = field(default_factory=list)

    source = "test"

    def send(self, destination: str, message: Any) -> None:
        self.messages.append((destination, message))


def _machine() -> SettlementMachine:
    machine = SettlementMachine(0)
    for message in (
        control.SetSlots(0, 1023, 3, 0),
        control.DefineInstrument(
            "X-USD", 0, "X", "USD", 100, 1000, 1, 90, 110, 1, 1, 15, 9, Phase.CONTINUOUS
        ),
        control.DefineParticipant("alice", 7, 0, 0, 1, 1),
        control.OpenAccount("alice.main", "alice"),
    ):
        machine.handlers[type(message)](message, Said())
    return machine


def _balances(machine: SettlementMachine) -> dict[tuple[str, str], int]:
    return {
        (account.account_id, account.asset_id): account.credits_posted - account.debits_posted
        for account in machine.settlement.ledger.all_accounts()
    }


@pytest.mark.parametrize(
    ("side", "fee_amount", "balances"),
    [
        (Side.BUY, 5, {"X": (500, -500), "USD": (-100_005, 100_000), "fees": 5}),
        (Side.SELL, 5, {"X": (-500, 500), "USD": (99_995, -100_000), "fees": 5}),
        (Side.BUY, -3, {"X": (500, -500), "USD": (-99_997, 100_000), "fees": -3}),
        (Side.SELL, 0, {"X": (-500, 500), "USD": (100_000, -100_000), "fees": None}),
    ],
    ids=["buy", "sell", "buy with a rebate", "sell without a fee"],
)
def test_a_leg_is_delivered_against_payment_with_the_house_and_its_fee(
    side: Side, fee_amount: int, balances: dict[str, Any]
) -> None:
    machine, said = _machine(), Said()
    machine.handlers[SettleLeg](SettleLeg("X-USD", 1, "alice.main", side, 500, 100_000, fee_amount), said)
    expected = {
        (party, asset_id): balances[asset_id][number]
        for asset_id in ("X", "USD")
        for number, party in enumerate(("alice.main", "house"))
    }
    if balances["fees"] is not None:
        expected["fees", "USD"] = balances["fees"]
    assert _balances(machine) == expected
    assert said.messages == []
    assert machine.settlement.legs == 1


def test_a_deposit_comes_from_outside_and_is_told_to_the_accounts_risk_shard() -> None:
    machine, said = _machine(), Said()
    machine.handlers[control.Deposit](control.Deposit("alice.main", "USD", 42), said)
    assert _balances(machine) == {("alice.main", "USD"): 42, ("external", "USD"): -42}
    assert said.messages == [("orders/3", DepositSettled("alice.main", "USD", 42))]


def test_nothing_of_finished_transfers_is_remembered() -> None:
    machine = _machine()
    for trade_id in range(1, 50):
        machine.handlers[SettleLeg](
            SettleLeg("X-USD", trade_id, "alice.main", Side.BUY, 500, 100_000, 5), Said()
        )
    assert machine.settlement.ledger.movements == {}
    assert machine.settlement.transfers == 3 * 49
