"""The risk machine: every order is checked and its worst case reserved before it reaches a book.

model.py what it knows, caps.py and guards.py what only some participants have · place.py, place_linked.py,
mass_quote.py, replace.py, cancel.py, mass_cancel.py, listing.py the commands, with their checks in the order
of precedence · checks.py, order_terms.py (an order's special terms), link_terms.py (what makes a pair),
accounts.py, collar.py, rate.py, cancel_ratio.py, exposure.py (all open orders) the checks · refusal.py why
not · kill_switch.py what an operator stops, disconnect.py and protection.py what stops a participant that
asked for it · limits.py what operators change · risk_events.py what a risk desk is told · answers.py what
books say, own_deeds.py what else they do to an order, linked.py what that does to others, reversal.py what is
undone · reservation.py what an order may still cost · definitions.py genesis and changes · signers.py
sessions · isolation.py an account that halts by itself, lost_book.py a book that is given up · state.py,
limits_state.py, guards_state.py its snapshot · machine.py which message goes where.
"""
