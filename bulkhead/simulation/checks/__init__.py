"""What must hold of an exchange, worked out anew from its rules, apart from the code that it judges.

Each raises Broken with the promise that was not kept. Tests of random flows use them too.

    reservations  at any moment; the others at rest
    ledger        assets
    reports       commands and orders
    links         pairs and brackets
    books         market data, priority, fills
    quarantine    what machines raised on
    streams       dead letters, replays
    ingress       what gateways forwarded, and refused
    together      all of them
"""
