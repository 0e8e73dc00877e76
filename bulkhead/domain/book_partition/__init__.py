"""The machine of one book partition: one or more instruments' books between risk, settlement and market data.

The matching itself is in domain/book. Here: model.py what it knows · commands.py what risk asks, linked.py
for several orders together, quotes.py a mass quote ·
special.py an order's terms for its book · outcomes.py what the matching caused, told to risk, settlement and
the public feed, by family: trades (fill.py: one side of one), auctions, endings, own_deeds, public_feed ·
decisions.py what operators decide about an instrument · phases.py phases that come, with regime.py,
timetable.py and breaker.py why · reversal.py a trade that is void or was at another price; kept_trades.py
those that can be · definitions.py genesis and time · isolation.py an instrument that halts by itself ·
state.py its snapshot · machine.py which message goes where.
"""
