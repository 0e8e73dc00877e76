"""The ingress machine: whose frames its gateway lets through, how far it is, and what it has refused.

The gateway itself (bulkhead/runtime/ingress) keeps nothing: it is told here whose key is whose, tells here
what it did, and after a restart goes on from here.
"""
