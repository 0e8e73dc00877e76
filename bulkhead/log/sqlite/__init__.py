"""The embedded log: one folder per partition, a chain of SQLite segment files in it.

    DIR/TOPIC/PARTITION/00000001.segment    frames by offset, and the seal that ends the segment
                        subscriptions/NAME  8 bytes: what that subscription has acknowledged
                        listeners/*.sock    where a writer tells waiting readers that there is more
                        lease               in a partition for leases: who holds it

Any number of processes of one machine may read and append. segments.py knows the files, failures.py what
SQLite's errors mean, checkpoint.py keeps write-ahead logs small, nudge.py wakes readers.
"""
