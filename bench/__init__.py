"""`python -m bench`: the exchange measured beside a bare relay, in one run (docs/performance.md says how).

flow         what is sent: a mix of commands near the touch
frames       commands as signed frames, made before anything is timed; the relay's frames
desks        what each participant sends next
lanes        sending and counting: a closed loop at full load, an open one at a given pace
exchange     an exchange of its own in a temporary folder
setting      who takes part in it
passing      the machines of the second part: they check header and sequence and pass events on
relay        the third part: frames read, joined and written, nothing else
hosts        the actors of both, in the exchange's Ray
stages       runtime and relays, each on a log of its own
census       the frames that were written
engine       the fourth part: the machines alone, bytes in to bytes out
embedded     the embedded log
measurement  the four parts in their order, on it
results      what was found, for people and as one JSON object
pulsar/      the same on a Pulsar broker
engines/     our engines and other people's on the same commands, alone (`make bench-engine`)
"""
