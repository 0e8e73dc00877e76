"""What an order has used of its participant's limits: the risk desk is told where it brings a bound near. A
limit that a participant has not got costs it nothing here. `limits.forget_what_is_far` ends an episode.
"""

from collections.abc import Sequence

from bulkhead.domain.machine import Outbox
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.caps import Caps
from bulkhead.domain.risk.exposure import WHOLE, position
from bulkhead.domain.risk.model import Account, Instrument, Participant, Risk
from bulkhead.domain.risk.risk_events import limit_used


def tell_near(
    risk: Risk, account: Account, instrument: Instrument, taken: Sequence[tuple[int, int]], out: Outbox
) -> None:
    """`taken`: price and quantity, in ticks and lots, of orders, replaces or quotes that are counted and
    reserved for. Open orders, the orders of a second and cancels are told where they are counted.
    """
    participant = account.participant
    waiting = participant.unanswered - participant.given_up
    in_flight = participant.commands_in_flight_max, waiting
    limit_used(risk, participant, Reason.COMMANDS_IN_FLIGHT_LIMIT, *in_flight, out)
    asset_id = instrument.quote_asset_id
    bound = participant.notional_max.get(asset_id)
    if bound is not None:
        notional = max(price_ticks * lots for price_ticks, lots in taken) * instrument.tick_lot_units
        limit_used(risk, participant, Reason.NOTIONAL_LIMIT, bound, notional, out, asset_id=asset_id)
    if participant.caps is not None:
        size = max(lots for _, lots in taken) * instrument.lot_units
        _tell_size(risk, participant, participant.caps, instrument.base_asset_id, size, out)
        _tell_sums(risk, account, participant.caps, instrument, out)


def _tell_size(
    risk: Risk, participant: Participant, caps: Caps, asset_id: str, size: int, out: Outbox
) -> None:
    bound = caps.order_size.get(asset_id)
    if bound is not None:
        limit_used(risk, participant, Reason.ORDER_SIZE_LIMIT, bound, size, out, asset_id=asset_id)


def _tell_sums(risk: Risk, account: Account, caps: Caps, instrument: Instrument, out: Outbox) -> None:
    participant, exposure = account.participant, caps.exposure
    base_asset_id, quote_asset_id = instrument.base_asset_id, instrument.quote_asset_id
    for account_id in (account.account_id, WHOLE):
        bound = caps.position.get((account_id, base_asset_id))
        if bound is not None:
            used = position(participant, account_id, base_asset_id)
            whose = account_id, base_asset_id
            limit_used(risk, participant, Reason.POSITION_LIMIT, bound, used, out, *whose)
    bound = caps.open_notional.get(quote_asset_id)
    if bound is not None:
        used = exposure.notional.get(quote_asset_id, 0)
        limit_used(risk, participant, Reason.OPEN_NOTIONAL_LIMIT, bound, used, out, asset_id=quote_asset_id)
    for asset_id in (base_asset_id, quote_asset_id):
        bound = caps.credit.get(asset_id)
        if bound is not None:
            used = exposure.reserved.get(asset_id, 0)
            limit_used(risk, participant, Reason.CREDIT_LIMIT, bound, used, out, asset_id=asset_id)
