"""What bounds a participant, and what an account may do: operator -> control -> risk, told in `decisions`.

Those that go on from control to risk name the operator's event: `public_key`, `epoch` and its `sequence` in
the operator's stream. So do risk's answers. `reason`: the operator's words, for who reads the log later.
"""

from bulkhead.domain.message import message
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import AccountState, LimitKind


@message
class SetLimit:
    """Operator -> control: bound the participant from the next command on; from the genesis on to risk as it
    is.
    """

    participant_id: str
    account_id: str | None
    """for a position: of this account alone; otherwise none"""
    kind: int
    """a LimitKind"""
    asset_id: str | None
    """where the limit is one of an asset"""
    bound: int | None
    """none: no limit"""
    reason: str = ""


@message
class SetLimitForOperator:
    """Control -> risk. Answered by LimitChanged or LimitRefused."""

    public_key: bytes
    epoch: int
    sequence: int
    participant_id: str
    account_id: str | None
    kind: int
    asset_id: str | None
    bound: int | None


@message
class LimitChanged:
    """Risk -> decisions: it holds from here on."""

    public_key: bytes
    epoch: int
    sequence: int
    risk_shard: int
    before: int | None
    after: int | None


@message
class LimitRefused:
    """Risk -> decisions: it changes nothing."""

    public_key: bytes
    epoch: int
    sequence: int
    risk_shard: int
    reason: Reason


@message
class SetAccountState:
    """Operator -> control: what the account may do from its participant's next command on."""

    account_id: str
    state: int
    """an AccountState"""
    reason: str = ""


@message
class SetAccountStateForOperator:
    """Control -> risk. Answered by AccountStateChanged."""

    public_key: bytes
    epoch: int
    sequence: int
    account_id: str
    state: AccountState


@message
class AccountStateChanged:
    """Risk -> decisions."""

    public_key: bytes
    epoch: int
    sequence: int
    risk_shard: int
    before: AccountState
    after: AccountState


@message
class AccountStateTold:
    """Risk -> participant: an operator has decided what the account may do from here on."""

    last_sequence: int
    account_id: str
    state: AccountState


@message
class ShowLimits:
    """Operator -> control: which limits does the participant have, and how much of them does it use?"""

    participant_id: str


@message
class ShowLimitsForOperator:
    """Control -> risk. Answered by a LimitTold for each limit that is set, an AccountTold for each account,
    and LimitsTold.
    """

    public_key: bytes
    epoch: int
    sequence: int
    participant_id: str


@message
class LimitTold:
    """Risk -> decisions."""

    public_key: bytes
    epoch: int
    sequence: int
    account_id: str | None
    kind: LimitKind
    asset_id: str | None
    bound: int
    actual: int
    """how much of it is used; 0 of one that bounds single orders"""


@message
class AccountTold:
    """Risk -> decisions."""

    public_key: bytes
    epoch: int
    sequence: int
    account_id: str
    state: AccountState


@message
class LimitsTold:
    """Risk -> decisions: all has been told."""

    public_key: bytes
    epoch: int
    sequence: int
    told: int
    """how many LimitTold and AccountTold"""


@message
class CollarMoved:
    """Book -> every risk shard: what orders' prices are held against from here on."""

    instrument_id: str
    per_mille: int
    """0: no collar"""
    reference_ticks: int | None
    """none: there has been no such price yet, and nothing is held against it"""
