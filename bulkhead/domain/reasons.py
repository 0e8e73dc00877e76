"""Why something was refused or ended: one enum, in the order of precedence.

Where several reasons hold, the one that stands first here is told. Its number is its name on the wire, for
ever, and says nothing of its place. Every refusal carries two numbers, `bound` and `actual`, that explain it;
what they count is said beside each reason. 0 and 0: nothing to count.
"""

from enum import IntEnum
from typing import Final


class Reason(IntEnum):
    # The event itself.
    MALFORMED = 1
    """the event is not what docs/wire.md says of its type; actual: its length in bytes"""
    TYPE_UNKNOWN = 2
    """no message of this type may be sent by a participant; actual: the type number"""
    QUARANTINED = 3
    """the exchange can't process this event; the instrument or account that it concerns is halted until an
    operator has looked
    """

    # Who signed it.
    KEY_PERMISSION = 8
    """the key may not do this; bound: the permissions of which it needs one, actual: those it has; a sum of
    1 trade, 2 cancel, 4 withdraw"""

    # Whose it is.
    ACCOUNT_UNKNOWN = 10
    """no such account among those of the participant that signed"""
    ACCOUNT_HALTED = 11
    """because of an event that could not be processed, until an operator has looked"""
    ACCOUNT_CLOSE_ONLY = 12
    """an operator lets the account cancel, and nothing else"""
    ACCOUNT_SUSPENDED = 13
    """an operator lets the account do nothing, not cancel either"""

    KILLED = 15
    """an operator has stopped the account, the participant, the instrument or everything, or the participant
    itself: no order and no replace is taken, and live orders are ended. bound: the KillScope of the narrowest
    switch that stands, actual: the exchange's time at which it was turned on, milliseconds since 1970"""

    PROTECTED = 16
    """the order's quote group has reached its market-maker protection, until it is reset; why an order ended:
    likewise. bound: the lots or fills that were the limit, actual: those that were filled"""
    DISCONNECTED = 17
    """nothing was heard from the session for longer than it had asked for, until it says SetDisconnect or
    opens anew; why an order ended: likewise. bound: that time, actual: how long it was silent;
    milliseconds"""

    # What it is for.
    INSTRUMENT_UNKNOWN = 20
    INSTRUMENT_HALTED = 21
    """bound: Phase.CONTINUOUS, actual: the phase"""
    INSTRUMENT_RETIRED = 114
    """it is never traded again"""
    SHARD_UNKNOWN = 22
    """no shard of this name has instruments or accounts that could be halted"""
    UNTIMELY = 23
    """the phase takes no order of this time in force; bound: the phase, actual: the time in force"""
    PHASE_UNSUITABLE = 24
    """a timetable has no halted and no volatility auction, a circuit breaker brings a halt or a call;
    actual: the phase"""
    TIME_OF_DAY = 25
    """bound: the milliseconds of a day, actual: the time"""
    LINK = 26
    """the orders are no pair, or no bracket; actual: which of their requirements is not met, by its number in
    docs/rules.md"""
    EXIT_QUANTITY = 27
    """the quantity of an exit that waits for its entry's end is what the entry trades: a replace can't change
    it; bound: what a replace has to say, actual: what this one said; lots"""
    QUOTE_COUNT = 28
    """a mass quote has 1 to 32 quotes; bound: 32, actual: how many"""
    QUOTE_OTHER = 29
    """the live order of this client_order_id is no quote of this instrument, side and group: a limit order,
    gtc, not post-only, linked with no other"""

    # What it says.
    SIDE = 30
    """actual: the side's number"""
    ORDER_TYPE = 31
    """actual: the order type's number"""
    TIME_IN_FORCE = 32
    """actual: the time in force's number; refused by the book, whose phase does not take it: bound: the
    phase"""
    PRICE_MISSING = 33
    """limit and stop-limit orders need price_ticks, all others protection_price_ticks"""
    PRICE_UNEXPECTED = 34
    """limit and stop-limit orders take no protection_price_ticks, all others no price_ticks; actual: the
    price"""
    POST_ONLY = 35
    """post-only goes with limit and stop-limit orders that are gtc, day or gtd; refused by the book: it would
    have traded. bound: the best opposite price in ticks, actual: the order's"""
    CLIENT_ORDER_ID = 36
    """1 to 36 printable ASCII characters; actual: the length"""
    DISCARD = 37
    """what a risk shard has put aside has happened: it can only be applied"""
    TERM_MISSING = 38
    """the order's type or time in force needs this term; actual: its place in OrderTerms"""
    TERM_UNEXPECTED = 39
    """the order's type or time in force has no use for this term; actual: its place in OrderTerms"""

    # Increments and bounds.
    PRICE_INCREMENT = 40
    """bound: the increment in ticks, actual: the price in ticks"""
    PRICE_LOW = 41
    """bound: the lowest price in ticks, actual: the price"""
    PRICE_HIGH = 42
    """bound: the highest price in ticks, actual: the price"""
    QUANTITY_INCREMENT = 43
    """bound: the increment in lots, actual: the quantity in lots"""
    QUANTITY_LOW = 44
    """bound: the lowest quantity in lots, actual: the quantity"""
    QUANTITY_HIGH = 45
    """bound: the highest quantity in lots, actual: the quantity"""
    OVERFLOW = 46
    """an amount would not fit its 128 bits; bound: the highest, actual: 0"""
    NOTIONAL_LIMIT = 47
    """bound: the highest notional of one order, actual: this one's; quote asset's smallest units"""
    ORDER_SIZE_LIMIT = 101
    """bound: the participant's highest quantity of one order, actual: this one's; base asset's smallest units
    """
    DISTANCE = 48
    """trail_ticks or slide_ticks; bound: 1 or the instrument's highest price in ticks, whichever it is past,
    actual: the distance"""
    MIN_QUANTITY_HIGH = 49
    """bound: the order's quantity in lots, actual: its minimum"""
    PRICE_COLLAR = 100
    """bound: the highest price of a buy, the lowest of a sell, that the instrument's collar lets pass,
    actual: the order's; ticks"""

    # What the participant may have at once.
    OPEN_ORDERS_LIMIT = 50
    """bound: orders that may be open, actual: orders that are"""
    ORDER_RATE_LIMIT = 55
    """bound: orders, replaces, quotes and requests for orders that may be taken in a second of the exchange's
    time, actual: those that were; cancels are not counted
    """
    CANCEL_RATIO_LIMIT = 102
    """bound: cancels that the orders taken in this window allow, actual: those that were taken in it"""
    BALANCE = 51
    """bound: what is available, actual: what the order, or all quotes of a mass quote together, would
    reserve; smallest units of the asset it pays"""
    POSITION_LIMIT = 103
    """bound: the most of the base asset that the account, or the participant, may have, actual: what it would
    have if all its buys traded; smallest units"""
    OPEN_NOTIONAL_LIMIT = 104
    """bound: the highest notional of all open orders of the participant, actual: what it would be; quote
    asset's smallest units"""
    CREDIT_LIMIT = 105
    """bound: the most of an asset that the participant may have reserved, actual: what it would have;
    smallest units of the asset that the order pays"""
    CLIENT_ORDER_ID_REPEATED = 52
    """among the account's live orders or its last 10,000; or twice in one mass quote; actual: 0"""
    INSTRUMENT_BUSY = 53
    """bound: commands that may be unanswered by the instrument's book, actual: those that are"""
    COMMANDS_IN_FLIGHT_LIMIT = 54
    """bound: commands that may be unanswered, actual: those that are; of the participant, or, where the
    bound is 32, replaces of this one order"""

    # What is looked at last.
    EXPIRE_TIME = 56
    """bound: the exchange's time, actual: when the order was to end, which is over; milliseconds since
    1970"""
    NO_REFERENCE_PRICE = 57
    """a trailing stop without a stop price begins at the market, and there has been no trade, or no mark
    price"""
    GROUP = 58
    """stp_group, quote_group and trader_id have at most 32 printable ASCII characters, a mass quote's
    quote_group one at least; bound: 32, actual: the length"""
    STP_MODE = 59
    """actual: the mode's number"""

    # A cancel or replace that finds nothing to act on.
    ORDER_UNKNOWN = 60
    """no live order of the account has this client_order_id"""
    REPLACED_TO_DONE = 61
    """the new total is at or below what has been executed: the order ends; bound: executed lots, actual:
    the total
    """
    CANCEL_PENDING = 62
    """a cancel of this order is on its way already"""

    # What an operator asked for.
    FILTER_MISSING = 64
    """a mass cancel names a participant, an account or an instrument"""
    TRADE_UNKNOWN = 65
    """bound: the instrument's newest trade, actual: this one"""
    TRADE_TOO_OLD = 66
    """bound: the oldest trade that can still be busted or corrected, actual: this one"""
    TRADE_BUSTED = 67
    """the trade was busted before; actual: its id"""
    PRICE_SAME = 68
    """a correction to the price that the trade has; actual: the price in ticks"""
    PARTICIPANT_UNKNOWN = 69
    KEY_UNFIT = 120
    """not a canonical Ed25519 public key, or one that anybody could sign for"""
    KEY_TAKEN = 121
    """the key speaks for another participant, or for an operator"""
    DEFINITION = 115
    """what is to be added contradicts itself, or has a name or number that the exchange can't use"""
    INSTRUMENT_KNOWN = 116
    """there is one of this id, or was one that is retired"""
    ASSET_KNOWN = 117
    PARTICIPANT_KNOWN = 118
    ACCOUNT_KNOWN = 119
    OPERATORS_NEEDED = 122
    """fewer operators would be left than there have to be: one, or as many as a decision needs"""
    PHASE_NEEDED = 123
    """only a halted instrument can be retired; bound: Phase.HALTED, actual: the phase"""
    ORDERS_OPEN = 124
    """only an instrument without orders can be retired; actual: how many there are"""
    SLOT_MOVING = 125
    """to a participant: it is moving to another risk shard, and its commands are taken again there; to an
    operator: a move of slots is under way, and this has to wait for its end"""
    SLOTS_ELSEWHERE = 126
    """a move names slots that are not all on the shard that it takes them from, that shard twice, or more
    slots at a time than there are
    """
    SHARD_NUMBER = 133
    """a new shard has the next number: as many as there are of its kind, retired ones counted"""
    SHARD_HAS_SLOTS = 134
    """only a shard without slots can be retired; they move first"""
    SHARD_RETIRED = 135
    """it was retired, for ever"""
    GATEWAYS = 127
    """of earlier versions, which moved no slots whose participants write through a gateway"""
    BEHAVIOUR_CHANGING = 130
    """a change of the rules' version is going on; it can be taken back, if it is not going back already"""
    BEHAVIOUR_SAME = 131
    """the rules are of that version"""
    BEHAVIOUR_STEP = 132
    """the version may rise by one at a time, and there is none before 1"""
    ASSET_UNKNOWN = 86
    STATE_UNKNOWN = 63
    """an account is active, close-only or suspended"""
    LIMIT_UNKNOWN = 87
    """no limit of this kind goes with what the decision names, or leaves out, of asset and account"""
    LIMIT_NEEDED = 88
    """this limit can be changed, and not taken away"""
    PROPOSAL_UNKNOWN = 106
    """no decision with this digest waits for approval: it was never proposed, or has ended"""
    PROPOSAL_OWN = 107
    """who has proposed or approved a decision does not count again"""
    PROPOSAL_REPEATED = 108
    """the same decision waits for approval already"""
    PROPOSALS_FULL = 109
    """as many decisions wait for approval as may"""

    # Why an order ended without being refused.
    REQUESTED = 70
    IMMEDIATE_OR_CANCEL = 71
    FILL_OR_KILL = 72
    MARKET = 73
    """what a market order could not trade within its protection price"""
    PHASE = 74
    """the instrument's phase ended it"""
    BOOK_LOST = 75
    """an operator has given up the instrument's book: the order has ended, and what was reserved is free.
    Fills that the book had made before may still be told
    """
    EXPIRED = 76
    """its time is over: a gtd order's, or a day order's when the book was closed"""
    SELF_TRADE = 77
    """it met an order of its own group, and the mode of the one that arrived ends it"""
    MIN_QUANTITY = 78
    """it could not trade its minimum quantity at once, and may not rest"""
    WOULD_TRADE = 79
    """a post-only stop was triggered where it would have traded"""
    LINKED = 80
    """the other order of its pair has traded, was triggered or has ended; or its entry has ended and nothing
    had traded of it"""
    MASS_CANCEL = 82
    """a MassCancel of its participant"""
    OPERATOR_CANCEL = 83
    """an operator's mass cancel"""

    # Why a mass quote is refused that could be set quote by quote.
    QUOTES_CROSSED = 84
    """two quotes of one mass quote would trade with each other; bound: the lowest price in ticks at which it
    sells, actual: at which it buys"""

    # Frames that no sender can be told about: they go to dead letters.
    FRAME_MALFORMED = 90
    FRAME_FOREIGN = 91
    """another exchange, genesis or destination partition"""
    FRAME_UNVERIFIED = 92
    """the signature or MAC is not the source's"""
    KEY_UNKNOWN = 93
    """the signing key is not registered here, or has been revoked"""
    SOURCE_FORBIDDEN = 94
    """a source that has no business writing to this partition"""
    FRAME_DROPPED = 95
    """an operator has decided that it is not to be read"""

    # What a participant's own guards are asked to be.
    DISCONNECT_TIME = 110
    """bound: the shortest or longest time for cancel on disconnect, whichever it is past, in milliseconds,
    actual: this one"""
    PROTECTION_WINDOW = 111
    """bound: the longest window in milliseconds; the shortest is 1, actual: this one"""
    PROTECTION_UNKNOWN = 112
    """the participant has set none for this quote group"""
    PROTECTIONS_LIMIT = 113
    """bound: the quote groups of one participant that may be protected, actual: those that are"""


Refusal = tuple[Reason, int, int]
"""reason, bound, actual"""

PRECEDENCE: Final = {reason: place for place, reason in enumerate(Reason)}
"""of two reasons the one with the lower place is told"""
