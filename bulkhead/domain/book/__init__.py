"""The book of one instrument: resting orders, matching, auctions, phases.

The reference engine: written to be read, it is the specification of the native one. One module per
command family and per rule. The rules in words, with their tests: docs/rules.md.

    what there is
        terms       the names of a side, a type, a time in force, a phase; ranges
        order       an order as the book holds it
        special     what an order may have beyond that
        side        one side: price levels, best price, queues
        waiting     the orders that wait for their stop price
        parked      the orders that wait for their auction or their entry
        link        two orders of which one cancels the other
        book_rules  what an instrument may ask of its orders
        contents    what a book is made of, without its commands
        outcomes    what a command may cause
        state       the canonical plain state, and the way back from it

    the commands
        book        all of them together, and what each causes in its turn
        place, replace, cancel, mass_cancel, phase, uncross, expiry (tick)    one family each
        links       pairs and brackets
        mass_quote  the quotes of one group at once

    the rules
        refuse      why an order is refused
        match       trading an arriving order against the other side: `fill`
        plan        what an arriving order would do, where orders there alter matching
        pro_rata    how an arriving order is shared out at one price
        self_trade  what happens between two orders of one group
        display     what an iceberg shows
        post_only   refused or moved, never trading on arrival
        stops, triggers    waiting, following, arriving
        equilibrium the price of an auction
        bands       no trade outside them, an interruption instead (`band_widths`: how wide)
        leave       how a live order leaves, wherever it is

A plain limit order meets none of the rules below `match`: `BookSide.specials` says that no order there
needs them.
"""
