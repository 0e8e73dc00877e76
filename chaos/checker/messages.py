"""The messages of docs/wire.md, by number, and their decoding into named tuples.

A field is written `name:kind`; a `?` says that it may be nil, a `-` that an event has not got it where it is
0. Vocabularies are small whole numbers here, as on the wire.
"""

from collections import namedtuple
from typing import Any

import msgpack  # type: ignore[import-untyped]  # it publishes no types

_LAYOUT = """
1 OpenSession
2 PlaceOrder account_id:text client_order_id:text instrument_id:text side:int order_type:int
    time_in_force:int post_only:bool price_ticks:int? protection_price_ticks:int? quantity_lots:int
    terms:terms?
3 CancelOrder account_id:text client_order_id:text
4 ReplaceOrder account_id:text client_order_id:text price_ticks:int quantity_lots:int stop_price_ticks:int?
20 EnterOrder order_id:int instrument_id:text account_id:text slot:int side:int order_type:int
    time_in_force:int post_only:bool price_ticks:int quantity_lots:int maker_fee_rate:int taker_fee_rate:int
    terms:terms?
21 RemoveOrder instrument_id:text order_id:int
22 AmendOrder instrument_id:text order_id:int price_ticks:int quantity_lots:int? maker_fee_rate:int
    taker_fee_rate:int stop_price_ticks:int?
68 ClearBook instrument_id:text risk_shard:int
30 OrderEntered order_id:int
31 EntryRefused order_id:int reason:int bound:signed actual:signed
32 OrderExecuted order_id:int trade_id:int price_ticks:int quantity_lots:int role:int fee_amount:signed
33 OrderRemoved order_id:int quantity_lots:int reason:int
34 RemovalRefused order_id:int reason:int
35 OrderAmended order_id:int price_ticks:int quantity_lots:int leaves_lots:int
36 AmendmentRefused order_id:int price_ticks:int quantity_lots:int reason:int bound:signed actual:signed
37 PhaseChanged instrument_id:text phase:int
69 BookCleared instrument_id:text phase:int
130 OrderActivated order_id:int
131 OrderMoved order_id:int price_ticks:int
132 OrderReduced order_id:int quantity_lots:int
40 SettleLeg instrument_id:text trade_id:int account_id:text side:int base_amount:amount
    quote_amount:signed fee_amount:signed
41 DepositSettled account_id:text asset_id:text amount:amount
50 DepthAdded instrument_id:text order_id:int side:int price_ticks:int quantity_lots:int
51 DepthReduced instrument_id:text order_id:int quantity_lots:int
52 DepthRemoved instrument_id:text order_id:int
53 TradePublished instrument_id:text trade_id:int price_ticks:int quantity_lots:int aggressor_side:int?
    resting_order_id:int? time_ms:int
54 PhasePublished instrument_id:text phase:int
160 IndicativePublished instrument_id:text price_ticks:int? quantity_lots:int
161 UnpricedAdded instrument_id:text order_id:int side:int quantity_lots:int
162 BandsPublished instrument_id:text static_ticks:int? dynamic_ticks:int? reference_ticks:int?
163 MarkPricePublished instrument_id:text price_ticks:int
170 SnapshotBegun sequence:int position:blob events:int
171 TotalsTold instrument_id:text orders_added:int trades:int volume_lots:int
70 Tick number:int time_ms:int
71 ClockRead time_ms:int
72 DefineShards risk_shards:int book_shards:int settlement_shards:int
73 SetBehaviour version:int
74 SetSlots first_slot:int last_slot:int risk_shard:int settlement_shard:int
75 DefineAsset asset_id:text decimals:int
76 DefineInstrument instrument_id:text book:int base_asset_id:text quote_asset_id:text lot_units:amount
    tick_lot_units:amount price_increment_ticks:int price_min_ticks:int price_max_ticks:int
    quantity_increment_lots:int quantity_min_lots:int quantity_max_lots:int window:int phase:int
    pro_rata_minimum_lots:int top_order:bool
77 DefineParticipant participant_id:text slot:int maker_fee_rate:int taker_fee_rate:int
    open_orders_max:int commands_in_flight_max:int
148 SetOrderRules instrument_id:text least_display_lots:int early_auction_orders:bool
78 RegisterKey participant_id:text public_key:key permissions:int reason:text
79 RevokeKey public_key:key reason:text
80 OpenAccount account_id:text participant_id:text
81 Deposit account_id:text asset_id:text amount:amount
82 SetPhase instrument_id:text phase:int reason:text reference:int
164 ListInstrument instrument_id:text book:int base_asset_id:text quote_asset_id:text lot_units:amount
    tick_lot_units:amount price_increment_ticks:int price_min_ticks:int price_max_ticks:int
    quantity_increment_lots:int quantity_min_lots:int quantity_max_lots:int window:int
    pro_rata_minimum_lots:int top_order:bool least_display_lots:int early_auction_orders:bool reason:text
165 RetireInstrument instrument_id:text reason:text reference:int
166 AddAsset asset_id:text decimals:int reason:text
167 AddParticipant participant_id:text slot:int maker_fee_rate:int taker_fee_rate:int
    open_orders_max:int commands_in_flight_max:int commands_per_s_max:int? reason:text
168 AddAccount account_id:text participant_id:text funds:list reason:text
169 SetFees maker_fee_rate:int taker_fee_rate:int reason:text
172 AddOperator public_key:key reason:text
173 RevokeOperator public_key:key reason:text
150 SetBands instrument_id:text static_ticks:int? dynamic_ticks:int? interruption_clock_ticks:int
    reason:text reference:int
151 SetReferencePrice instrument_id:text price_ticks:int reason:text reference:int
152 SetMarkPrice instrument_id:text price_ticks:int reason:text reference:int
153 SetCircuitBreaker instrument_id:text move_ticks:int window_clock_ticks:int pause_clock_ticks:int
    phase:int reason:text reference:int
154 SchedulePhase instrument_id:text time_of_day_ms:int phase:int reason:text reference:int
    at_once:bool
155 ClearTimetable instrument_id:text reason:text reference:int
87 ReleaseOrders instrument_id:text reason:text
83 SetNotionalLimit participant_id:text asset_id:text amount:amount
84 RegisterOperator public_key:key
85 OpenIngress participant_id:text commands_per_s_max:int
121 ChangeBehaviour version:int reason:text
122 TakeBehaviour change:int version:int askers:int asked:int
123 BehaviourTaken change:int shard:text version:int
124 BehaviourLeft change:int shard:text version:int
125 BehaviourChanged change:int version:int
88 ChangeProcess action:text kind:text name:text what:text reason:text
89 SetOrderRate participant_id:text orders_per_s_max:int
86 ReleaseQuarantine shard:text subject:text discard:bool reason:text
90 FramesForwarded participant_id:text ordinal:int position:blob
91 FrameRefused participant_id:text ordinal:int position:blob reason:int frame:blob frame_bytes:int
60 DecisionTaken public_key:key epoch:int sequence:int
61 DecisionRefused public_key:key epoch:int sequence:int reason:int
156 ChangeMade instrument_id:text reference:int phase:int
157 ChangeRefused instrument_id:text reference:int reason:int bound:signed actual:signed
158 ChangePutAside instrument_id:text reference:int
62 PrimaryClaimed claimant:blob
63 EventSkipped claimant:blob position:blob source:text sequence:int events_applied:int subject:text
    event:blob why:text decided_at_us:int
64 FrameResent shard:text position:blob source:text first:int crc:int events:int body:blob
    reason:text after:blob
65 LossAccepted shard:text position:blob source:text last:int crc:int cost:text reason:text after:blob
66 EventReplaced shard:text position:blob source:text sequence:int instead:blob cost:text
    reason:text after:blob
67 FrameDropped shard:text position:blob cost:text reason:text after:blob
100 SessionOpened last_sequence:int public_key:key epoch:int previous_epoch:int
    previous_last_sequence:int open_orders:int
101 StaleSession last_sequence:int public_key:key epoch:int current_epoch:int
102 GapDetected last_sequence:int public_key:key expected_sequence:int received_sequence:int
103 StreamMismatch last_sequence:int public_key:key expected_crc:int received_crc:int
104 CommandRefused last_sequence:int reason:int bound:signed actual:signed
105 OrderAccepted last_sequence:int account_id:text client_order_id:text order_id:int instrument_id:text
106 OrderRejected last_sequence:int account_id:text client_order_id:text reason:int bound:signed
    actual:signed
107 OrderFilled last_sequence:int account_id:text client_order_id:text order_id:int instrument_id:text
    side:int trade_id:int price_ticks:int quantity_lots:int leaves_lots:int role:int fee_amount:signed
108 OrderCanceled last_sequence:int account_id:text client_order_id:text order_id:int
    instrument_id:text quantity_lots:int reason:int
109 CancelRejected last_sequence:int account_id:text client_order_id:text reason:int bound:signed
    actual:signed
110 OrderReplaced last_sequence:int account_id:text client_order_id:text order_id:int
    instrument_id:text price_ticks:int quantity_lots:int leaves_lots:int
111 ReplaceRejected last_sequence:int account_id:text client_order_id:text reason:int bound:signed
    actual:signed
112 OrderStatus last_sequence:int account_id:text client_order_id:text order_id:int instrument_id:text
    side:int price_ticks:int quantity_lots:int leaves_lots:int order_type:int time_in_force:int
    post_only:bool triggered:bool terms:terms?
133 OrderTriggered last_sequence:int account_id:text client_order_id:text order_id:int instrument_id:text
134 OrderRepriced last_sequence:int account_id:text client_order_id:text order_id:int
    instrument_id:text price_ticks:int
135 OrderDecremented last_sequence:int account_id:text client_order_id:text order_id:int
    instrument_id:text quantity_lots:int leaves_lots:int
113 BalanceCredited last_sequence:int account_id:text asset_id:text amount:amount balance:signed
120 DeadLetter partition:text position:blob reason:int frame:blob frame_bytes:int
174 MoveSlots first_slot:int last_slot:int old:int new:int reason:text slots_at_once:int-
175 ExpectSlots move_id:int first_slot:int last_slot:int old:int
176 SlotsExpected move_id:int
177 LeaveSlots move_id:int first_slot:int last_slot:int new:int book_shards:int settlement_shards:int
178 SlotsLeaving move_id:int first_slot:int last_slot:int old:int new:int
179 SlotsSwitched move_id:int shard:text
116 SlotsState move_id:int section:text rows:blob
117 SlotsGiven move_id:int
118 SlotsMoved move_id:int
92 AddRiskShard risk_shard:int reason:text
93 RetireRiskShard risk_shard:int reason:text
94 GiveDefinitions move_id:int new:int
95 SwitchStands scope:int name:text since_ms:int
96 DefinitionsGiven move_id:int
97 ShardRetired risk_shard:int
98 MoveSettlementSlots first_slot:int last_slot:int old:int new:int reason:text
99 AddSettlementShard settlement_shard:int reason:text
119 RetireSettlementShard settlement_shard:int reason:text
126 SettleElsewhere move_id:int first_slot:int last_slot:int old:int new:int
128 GiveAccounts move_id:int first_slot:int last_slot:int new:int book_shards:int
129 GiveRest move_id:int new:int
143 SettlementRetired settlement_shard:int
144 DefineSettlement instrument_id:text base_asset_id:text quote_asset_id:text
149 DefineSlot participant_id:text slot:int
159 BalanceComes account_id:text asset_id:text debit_amount:amount credit_amount:amount
242 ExpectLane move_id:int participant_id:text
243 LeaveLane move_id:int participant_id:text new:int
244 LaneGiven move_id:int participant_id:text commands_per_s_max:int keys:blob ordinal:int
    position:blob refused:int
245 LaneTaken move_id:int participant_id:text
114 MovedAway last_sequence:int risk_shard:int move_id:int
115 MovedHere last_sequence:int risk_shard:int public_key:key epoch:int last:int move_id:int
180 MassCancel request_id:text account_id:text instrument_id:text? side:int? quote_group:text?
181 RequestOrders request_id:text account_id:text?
182 MassCanceled last_sequence:int request_id:text account_id:text asked:int pending:int closed:int
183 RequestRejected last_sequence:int request_id:text account_id:text? reason:int bound:signed
    actual:signed
184 MassCancelMissed last_sequence:int account_id:text client_order_id:text order_id:int
    instrument_id:text reason:int
185 OrdersListed last_sequence:int request_id:text account_id:text? orders:int
186 CancelForOperator public_key:key epoch:int sequence:int participant_id:text? account_id:text?
    instrument_id:text? side:int?
187 OperatorMassCancel participant_id:text? account_id:text? instrument_id:text? side:int? reason:text
136 PlacePair limit:list stop:list
137 PlaceBracket entry:list limit:list stop:list
138 EnterPair limit:list stop:list
139 EnterBracket entry:list limit:list stop:list
140 ExitActivated order_id:int quantity_lots:int
141 ExitStarted last_sequence:int account_id:text client_order_id:text order_id:int instrument_id:text
    quantity_lots:int
142 OrdersLinked last_sequence:int account_id:text instrument_id:text limit_client_order_id:text
    stop_client_order_id:text entry_client_order_id:text? filled_lots:int
145 MassQuote request_id:text account_id:text instrument_id:text quote_group:text quotes:list
146 SetQuotes instrument_id:text account_id:text slot:int quote_group:text maker_fee_rate:int
    taker_fee_rate:int quotes:list
147 QuotesRejected last_sequence:int request_id:text account_id:text client_order_id:text? reason:int
    bound:signed actual:signed
188 BustTrade instrument_id:text trade_id:int reason:text
189 CorrectTrade instrument_id:text trade_id:int price_ticks:int reason:text
190 ReverseTrade public_key:key epoch:int sequence:int instrument_id:text trade_id:int price_ticks:int?
191 FillReversed instrument_id:text trade_id:int account_id:text order_id:int side:int quantity_lots:int
    price_ticks:int fee_amount:signed corrected_price_ticks:int? corrected_fee_amount:signed
192 BalanceNegative last_sequence:int account_id:text asset_id:text negative:bool balance:signed
193 TradeBusted last_sequence:int account_id:text order_id:int instrument_id:text side:int trade_id:int
    price_ticks:int quantity_lots:int fee_amount:signed
194 TradeCorrected last_sequence:int account_id:text order_id:int instrument_id:text side:int
    trade_id:int price_ticks:int quantity_lots:int fee_amount:signed previous_price_ticks:int
    previous_fee_amount:signed
195 TradeBustPublished instrument_id:text trade_id:int
196 TradeCorrectionPublished instrument_id:text trade_id:int price_ticks:int
197 TradeReversed public_key:key epoch:int sequence:int instrument_id:text trade_id:int quantity_lots:int
    price_ticks:int corrected_price_ticks:int? buyer:text buyer_fee_amount:signed seller:text
    seller_fee_amount:signed
198 ReversalRefused public_key:key epoch:int sequence:int reason:int bound:signed actual:signed
199 OrdersAsked public_key:key epoch:int sequence:int risk_shard:int asked:int pending:int closed:int
200 SetLimit participant_id:text account_id:text? kind:int asset_id:text? bound:amount? reason:text
201 SetLimitForOperator public_key:key epoch:int sequence:int participant_id:text account_id:text? kind:int
    asset_id:text? bound:amount?
202 LimitChanged public_key:key epoch:int sequence:int risk_shard:int before:amount? after:amount?
203 LimitRefused public_key:key epoch:int sequence:int risk_shard:int reason:int
204 SetAccountState account_id:text state:int reason:text
205 SetAccountStateForOperator public_key:key epoch:int sequence:int account_id:text state:int
206 AccountStateChanged public_key:key epoch:int sequence:int risk_shard:int before:int after:int
207 AccountStateTold last_sequence:int account_id:text state:int
208 SetPriceCollar instrument_id:text per_mille:int on_mark:bool reason:text reference:int
209 CollarMoved instrument_id:text per_mille:int reference_ticks:int?
210 RequireApprovals group:int operators:int expire_clock_ticks:int
211 DecisionProposed public_key:key epoch:int sequence:int digest:key operators:int expires_tick:int
    event:blob
212 ApproveDecision digest:key reason:text
213 WithdrawDecision digest:key reason:text
214 ProposalEnded digest:key ending:int
215 ShowLimits participant_id:text
216 ShowLimitsForOperator public_key:key epoch:int sequence:int participant_id:text
217 LimitTold public_key:key epoch:int sequence:int account_id:text? kind:int asset_id:text? bound:amount
    actual:signed
218 AccountTold public_key:key epoch:int sequence:int account_id:text state:int
219 LimitsTold public_key:key epoch:int sequence:int told:int
220 SetKillSwitch scope:int name:text on:bool reason:text
221 ThrowKillSwitch public_key:key epoch:int sequence:int scope:int name:text on:bool
222 KillSwitchThrown public_key:key epoch:int sequence:int risk_shard:int scope:int name:text on:bool
    since_ms:int asked:int pending:int closed:int
223 KillSwitchChanged last_sequence:int scope:int name:text on:bool asked:int pending:int closed:int
224 Heartbeat
225 SetDisconnect request_id:text after_ms:int
226 DisconnectSet last_sequence:int request_id:text after_ms:int
227 Disconnected last_sequence:int public_key:key after_ms:int asked:int pending:int closed:int
228 SetProtection request_id:text quote_group:text window_ms:int lots:int fills:int
229 ResetProtection request_id:text quote_group:text
230 ProtectionSet last_sequence:int request_id:text quote_group:text window_ms:int lots:int fills:int
231 ProtectionTripped last_sequence:int quote_group:text lots:int fills:int asked:int pending:int closed:int
232 LimitBreached time_ms:int participant_id:text reason:int count:int account_id:text bound:signed
    actual:signed
233 LimitNear time_ms:int participant_id:text reason:int bound:signed used:signed account_id:text?
    asset_id:text?
234 RiskLimitChanged time_ms:int participant_id:text reason:int subject:text before:signed? after:signed?
235 TradingStopped time_ms:int scope:int name:text on:bool asked:int
236 SessionSilent time_ms:int participant_id:text public_key:key after_ms:int asked:int
237 QuotesPulled time_ms:int participant_id:text quote_group:text lots:int fills:int asked:int
238 KillOwn request_id:text
239 ReleaseOwn request_id:text
240 OwnKillSwitchSet last_sequence:int request_id:text on:bool asked:int pending:int closed:int
"""

REQUESTED = 70
"""the reason of an OrderCanceled or OrderRemoved that answers a command"""
MAKER, TAKER, AUCTION = 1, 2, 3
BUY, SELL = 1, 2


class Undecodable(Exception):
    """An event that is not what docs/wire.md says."""


def _parsed() -> dict[int, tuple[str, list[tuple[str, str]]]]:
    found: dict[int, tuple[str, list[tuple[str, str]]]] = {}
    words = _LAYOUT.split()
    fields: list[tuple[str, str]] = []
    for position, word in enumerate(words):
        if word.isdecimal():
            fields = []
            found[int(word)] = (words[position + 1], fields)
        elif ":" in word:
            name, _, kind = word.partition(":")
            fields.append((name, kind))
    return found


LAYOUT = _parsed()
"""number -> (name, fields with their kinds, in order)"""
TYPES: dict[str, Any] = {
    name: namedtuple(name, [field for field, _ in fields]) for name, fields in LAYOUT.values()
}
NUMBERS = {name: number for number, (name, _) in LAYOUT.items()}


def number_of(event: bytes) -> int:
    """The type's number, without reading the rest. Undecodable where there is none."""
    # An array of at most 15 has a header of one byte, a longer one here always of three.
    at = 1 if event[:1] < b"\xdc" else 3
    if event[at : at + 1] == b"\xcc":  # from 128 on a number has two bytes
        at += 1
    elif event[at : at + 1] > b"\x7f":
        raise Undecodable(f"{event[:16].hex()} begins with no type's number")
    if len(event) <= at:
        raise Undecodable(f"{event[:16].hex()} begins with no type's number")
    return event[at]


def decode(event: bytes) -> Any:
    """The message in an event. Fields that came after this page was written are ignored."""
    try:
        values = msgpack.unpackb(event, strict_map_key=False)
    except ValueError as problem:
        raise Undecodable(f"{event[:16].hex()}… is no MessagePack: {problem}") from problem
    if not isinstance(values, list) or not values or type(values[0]) is not int:
        raise Undecodable(f"{event[:16].hex()}… is no array that begins with a number")
    number, *given = values
    if number not in LAYOUT:
        raise Undecodable(f"there is no message {number}")
    name, fields = LAYOUT[number]
    given += [0 for _, kind in fields[len(given) :] if kind.endswith("-")]
    if len(given) < len(fields):
        raise Undecodable(f"{name} has {len(given)} fields, not {len(fields)}")
    return TYPES[name](*(_value(name, *field, value) for field, value in zip(fields, given, strict=False)))


_FORMS = {
    "int": int,
    "text": str,
    "bool": bool,
    "blob": bytes,
    "terms": list,
    "list": list,
    "key": bytes,
    "amount": bytes,
    "signed": bytes,
}


def _value(message: str, field: str, kind: str, value: Any) -> Any:
    if value is None and kind.endswith("?"):
        return None
    kind = kind.rstrip("?-")
    form: Any = _FORMS[kind]
    if type(value) is not form:
        raise Undecodable(f"{field} of {message} is {value!r}, not {kind}")
    if kind in ("amount", "signed"):
        if len(value) != 16:
            raise Undecodable(f"{field} of {message} has {len(value)} bytes, not 16")
        return int.from_bytes(value, "big", signed=kind == "signed")
    if kind == "terms":
        return tuple(value)  # what is in them is compared, as a key too, and nothing of it is judged
    return value.hex() if kind in ("key", "blob") else value
