"""What a risk shard's snapshot says of limits, accounts and collars: nothing where there are none, so that
the snapshots of an exchange without them stay what they were.
"""

from bulkhead.domain.integers import amount_from_bytes, to_bytes
from bulkhead.domain.machine import State
from bulkhead.domain.risk.caps import CancelRatio, Caps
from bulkhead.domain.risk.exposure import caps_of
from bulkhead.domain.risk.model import Participant, Risk
from bulkhead.domain.terms import AccountState

_RATIO = ("per_100_orders", "window_ticks", "free", "window", "orders", "cancels")
_BY_ASSET = ("order_size", "open_notional", "credit")


def save_limits(risk: Risk) -> dict[str, State]:
    participants = sorted(risk.participants.items())
    states = [
        [name, int(account.state)]
        for name, account in sorted(risk.accounts.items())
        if account.state is not AccountState.ACTIVE
    ]
    saved: dict[str, State] = {
        "account_states": states,
        "collars": {
            name: list(instrument.collar)
            for name, instrument in sorted(risk.instruments.items())
            if instrument.collar is not None
        },
        "early_collars": {name: list(collar) for name, collar in sorted(risk.early_collars.items())},
        "caps": [[name, _caps(each.caps)] for name, each in participants if each.caps is not None],
        "cancel_ratios": [
            [name, [getattr(each.cancel_ratio, field) for field in _RATIO]]
            for name, each in participants
            if each.cancel_ratio is not None
        ],
    }
    return {name: value for name, value in saved.items() if value}


def load_limits(risk: Risk, state: State) -> None:
    """Of participants, behind their orders: what these come to is counted anew."""
    for name, number in state.get("account_states", ()):
        risk.accounts[name].state = AccountState(number)
    for name, saved in state.get("cancel_ratios", ()):
        ratio = risk.participants[name].cancel_ratio = CancelRatio()
        for field, value in zip(_RATIO, saved, strict=True):
            setattr(ratio, field, value)
    for name, saved in state.get("caps", ()):
        _restore_caps(risk.participants[name], saved)


def load_collars(risk: Risk, state: State) -> None:
    for name, (per_mille, reference_ticks) in state.get("collars", {}).items():
        risk.instruments[name].collar = per_mille, reference_ticks
    for name, (per_mille, reference_ticks) in state.get("early_collars", {}).items():
        risk.early_collars[name] = per_mille, reference_ticks


def _caps(caps: Caps) -> State:
    by_asset = [
        [[asset_id, to_bytes(bound)] for asset_id, bound in sorted(getattr(caps, name).items())]
        for name in _BY_ASSET
    ]
    position = [[*key, to_bytes(bound)] for key, bound in sorted(caps.position.items())]
    return [*by_asset, position]


def _restore_caps(participant: Participant, saved: State) -> None:
    caps = caps_of(participant)
    *by_asset, position = saved
    for name, bounds in zip(_BY_ASSET, by_asset, strict=True):
        setattr(caps, name, {asset_id: amount_from_bytes(bound) for asset_id, bound in bounds})
    caps.position = {
        (account_id, asset_id): amount_from_bytes(bound) for account_id, asset_id, bound in position
    }
