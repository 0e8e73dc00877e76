"""What operators say of processes."""

from bulkhead.domain.messages import processes
from bulkhead.wire.kinds import NOTE, TEXT
from bulkhead.wire.table.entry import entry

PROCESSES = (entry(88, processes.ChangeProcess, action=TEXT, kind=TEXT, name=TEXT, what=NOTE, reason=TEXT),)
