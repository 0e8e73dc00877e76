"""The book of one instrument: resting orders, matching by price-time priority, phases.

The reference engine: written to be read, it is the specification of the native one. One module per
command family; `match.fill` is the only place where a trade is made.

    terms     the names of a side, a type, a time in force, a phase; ranges
    order     an order as the book holds it
    side      one side: price levels, best price, queues
    outcomes  what a command may cause
    contents  what a book is made of, without its commands
    place, cancel, replace, phase    one command family each
    match     trading an arriving order against the other side
    state     the canonical plain state, and the way back from it
    book      the commands together
"""
