"""`python -m bench.pulsar`: the exchange on a Pulsar of its own beside bare relays (docs/performance.md).

sizes        what is sent: participants, orders a frame, rates
topology     the shipped topology with other participants and another log
venue        a broker of its own; namespaces, and the lanes of few participants or many
measurement  the parts in their order
results      what was found, for people and as one JSON object
"""
