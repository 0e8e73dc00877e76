"""One exchange on one machine: its state directory `.bulkhead/EXCHANGE/`, its keys, and how it is founded."""
