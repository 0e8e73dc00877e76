"""`python -m bench.engines` (`make bench-engine`): our engines and other people's on the same commands.

Each engine in a process of its own, each workload in a file that was written before: A, 5,000 resting orders,
then 55 % limits, 40 % cancels, 5 % takers; B, the same on 100,000; C, recorded order flow; D, icebergs, stops
and auctions among them. An engine whose trades are not the reference's is not compared. docs/engine.md says
what came of it.

commands      what an engine is told, and the files
workloads     A to D
special_flow  D
prepared      what an adapter makes of a script: calls, and what to count behind them
native_book, reference_book, machine
              ours
peers/        other people's: one adapter each
child         one Python process: one engine, one workload
subjects      who takes part, and what each can be given
million       snapshots of a large book
large         a book of very many orders
measurement   the rounds
results       lines for people, one JSON object
"""
