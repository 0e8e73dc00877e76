"""What this machine has for an exchange."""

from pathlib import Path

from bulkhead.topology.plan.needs import Machine


def this_machine() -> Machine:
    """Read from the kernel. LookupError: it does not say."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "MemTotal":
            return Machine(memory_mib=int(value.split()[0]) // 1024)
    raise LookupError("/proc/meminfo has no MemTotal: is /proc mounted?")
