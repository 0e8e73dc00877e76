"""The risk machine: every order is checked and its worst case reserved before it reaches a book.

model.py what it knows · checks.py what an order must pass, in order of precedence, order_terms.py what its
special terms must · refusal.py why not · place.py, cancel.py, replace.py the commands · mass_cancel.py many
orders at once · kill_switch.py what an operator stops, disconnect.py and protection.py what stops a
participant that asked for it, guards.py what is kept for that · risk_events.py what a risk desk is told ·
answers.py what books say, own_deeds.py what else they do to an order · reservation.py what an order may still
cost ·
definitions.py genesis and changes · signers.py sessions · isolation.py an account that halts by itself ·
state.py its snapshot · machine.py which message goes where.
"""
