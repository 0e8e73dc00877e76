"""The control machine: takes the genesis and operators' decisions, and tells each shard what concerns it.

A message goes where it is needed and nowhere else: distribution.py is the one table of that.
"""
