"""The machine of one book partition: one or more instruments' books between risk, settlement and market data.

The matching itself is in domain/book. Here: model.py what it knows · commands.py what risk asks ·
special.py an order's terms for its book · outcomes.py what the matching caused, told to risk, settlement and
the public feed, by family: trades, endings, own_deeds, public_feed · definitions.py
genesis, phases and time · isolation.py an instrument that halts by itself · state.py its snapshot ·
machine.py which message goes where.
"""
