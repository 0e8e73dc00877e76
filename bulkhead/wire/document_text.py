"""The prose of docs/wire.md; document.py adds everything that the code knows better."""

INTRODUCTION = """\
# The wire

<!-- Generated: python -m bulkhead.wire.document > docs/wire.md. A test fails when it is not current. -->

Everything that goes over the log, byte by byte: enough to write a participant in any language with a
MessagePack and an Ed25519 library. `examples/raw_client.py` is one, made from this page alone.

What a participant does:

1. Read `connection.json`: ids, partitions, ticks and lots ([below](#connectionjson)).
2. Choose an epoch higher than any it has used. Send a frame that begins with `OpenSession` to its
   `orders` partition, under the source `PUBLIC_KEY_IN_HEX/EPOCH`, signed.
3. Read its `reports` partition: `SessionOpened`, then one `OrderStatus` for each open order.
4. Send `PlaceOrder`, `CancelOrder`, `ReplaceOrder`, numbered 2, 3, 4, … . Each gets exactly one answer in
   the reports.

Contents: [frames](#frames) · [authentication](#authentication) · [streams](#streams) ·
[sessions](#sessions) · [events](#events) · [messages](#messages) · [reasons](#reasons) ·
[what is malformed](#what-is-malformed) · [an example in bytes](#an-example-in-bytes) ·
[connection.json](#connectionjson) · [the embedded log](#the-embedded-log) ·
[a log on Pulsar](#a-log-on-pulsar) · [snapshots](#snapshots)
"""

FRAMES = """\
## Frames

A frame is one message of the log: {authentication} bytes of authentication, then, to its end, the
**authenticated bytes**. They are checked as received and never encoded anew. They are one MessagePack
array of nine:

| # | element | form |
|---:|---|---|
| 1 | format version | int, 1 |
| 2 | exchange id | str, 1 to 100 characters |
| 3 | genesis id | bin, 16 bytes, drawn when the exchange was begun |
| 4 | source | str, 1 to 100 characters: who says it, [below](#authentication) |
| 5 | destination | str, 1 to 100 characters: the partition that the frame is in, such as `orders/0` |
| 6 | first sequence | int, 1 to 2^63-1: the number of the first event |
| 7 | running CRC-32 | int, 0 to 2^32-1: of all event bytes of the stream before the first event |
| 8 | sent at | int, 0 to 2^63-1: sender's wall time in microseconds since 1970; nothing decides by it |
| 9 | events | array of bin, at least one: consecutive events, [below](#events) |

How events are cut into frames carries no meaning: one by one or a thousand together, the exchange does
the same. Senders cut at {cut} bytes of events; a frame of more than {longest} bytes is refused unread.
"""

AUTHENTICATION = """\
## Authentication

What the first 64 bytes are depends on the source.

- **Participants and operators**: the source is the Ed25519 public key in 64 lower-case hexadecimal
  digits, a slash, and the epoch in decimal without leading zeros (1 to 2^63-1). The 64 bytes are the
  Ed25519 signature (RFC 8032) of the authenticated bytes. A key is registered for one participant. Keys
  of small order, and those not in their canonical encoding, are not registered.
- **Everybody else** is internal: `risk/0`, `book/3`, `settlement/1`, `control/0`, `clock/0`, gateways,
  `genesis`. The 64 bytes are a BLAKE2b of the authenticated bytes, 64 bytes long and keyed with the
  exchange's internal key. A participant does not have that key and so cannot check a report's origin: it
  relies on the log, where only risk shards write to `reports`. It should check exchange, genesis,
  destination, and that the source is its risk shard.

A frame that is no frame, is meant for another exchange, genesis or partition, is not authenticated as its
source, or is of a key or source that has no business there, changes nothing and causes no report, since
nobody can be told. It goes to `dead_letters/0` with its reason.
"""

STREAMS = """\
## Streams

All events from one source to one destination are a **stream**, numbered 1, 2, 3, … without a hole. A
frame says the number of its first event; the others follow. Each frame also says the CRC-32 (that of
zlib) of the bytes of all earlier events, one after another; 0 for the first. So a receiver keeps two
numbers per source, `last` and `crc`:

    def admit(first, frame_crc, events):
        if first > last + 1:          gap: something between is missing
        new = events[last + 1 - first:]
        if not new:                   all seen before: a resend, drop it
        if crc32(seen part, frame_crc) != crc:   mismatch: this is not the stream that was read before
        take new;  last += len(new);  crc = crc32(new, crc)

After a crash a sender may send again, cut otherwise; what was seen is dropped by its number. Between
shards a gap or a mismatch stops the receiver. A participant's stream never stops a shard:

- a **gap**: `GapDetected` with the number expected, and nothing of the frame is applied. Send from that
  number on.
- a **mismatch**: `StreamMismatch`, nothing is applied. The sender's state is not that of this stream:
  open a session.
- an event that [cannot be read](#what-is-malformed) uses its number: `CommandRefused`, and the next one
  is applied.

Each of these is told once an episode: again only after something of the stream has been taken.
"""

SESSIONS = """\
## Sessions

A participant's source is its key *and an epoch*; each epoch is a stream of its own and begins at 1.

- The first event of an epoch is `OpenSession`, with first sequence 1 and CRC 0. Nothing else begins one.
- Opening an epoch fences all lower ones of the key, for ever: their frames are answered `StaleSession`
  with the current epoch (once an episode) and not applied. So a lost or forgotten program cannot go on
  beside the new one.
- `SessionOpened` tells the previous epoch and the last command taken from it: what was sent after that
  was not taken and never will be. Then comes one `OrderStatus` for each open order of the participant, of
  whichever key.
- **Choose an epoch that was never used.** A used one is not refused: its frames are dropped as resends,
  without a word. The wall clock in microseconds will do, or one more than the last epoch where that is
  higher. To `StaleSession` answer with its `current_epoch` + 1.
- Orders outlive sessions. A program that has lost its state opens a session and knows what is open.

Every report carries `last_sequence`: the last event taken from the participant, of the key that sent
last. Every command has exactly one answer, which names account and client_order_id:

| command | answer |
|---|---|
| `PlaceOrder` | `OrderAccepted` or `OrderRejected`; or else `OrderCanceled` with reason `book_lost` |
| `CancelOrder` | `OrderCanceled` with reason `requested`, or `CancelRejected` |
| `ReplaceOrder` | `OrderReplaced` or `ReplaceRejected` |
| one that cannot be read | `CommandRefused` |

Fills (`OrderFilled`) come after `OrderAccepted`. An order ends with `OrderCanceled`, or with an
`OrderFilled`, `OrderDecremented` or `OrderReplaced` whose `leaves_lots` is 0. Only where it ended with
`book_lost` an `OrderFilled` may still come, with `leaves_lots` 0: for a trade that its book had made
before. A client_order_id (1 to 36 printable ASCII characters) is unique among an account's live orders
and its last 10,000.
"""

EVENTS = """\
## Events

An event is one MessagePack array: the number of its type, then its fields in order. Prices are in ticks
and quantities in lots of their instrument, amounts in the asset's smallest unit, fee rates in 1e-7;
everything is a whole number. Every value is in its shortest form: there is one encoding of a message.
Fields after the last one that a reader knows are ignored, so a newer sender may add some; a type that it
does not know is refused. A field that is *kind* or left out came when its message was in use: an event of
before has not got it, which means 0, and where it is 0 and would be the last one, it is left out still.
"""

RECORDS = """\
### Records

A field may be a record: an array of exactly the fields below, in their order. One that is shorter or longer
is malformed: unlike an event's, fields after the last known are not ignored, since what they say changes the
others. One named like a message has that message's fields, without the number of its type.
"""

MESSAGES = """\
## Messages

Element 0 of the array is the number in the heading; fields follow from 1. Numbers are never used again.
"""

REASONS = """\
## Reasons

Why something was refused or ended. They stand in the order of precedence: where several hold, the first
is told, whatever its number. Two numbers explain it, `bound` and `actual`; they are 0 where there is nothing
to count.
"""

MALFORMED = """\
## What is malformed

Decoders must agree on it to the byte, so it is strict. `tests/cases/malformed.json` has an example of
each, and well-formed neighbours; every decoder of the project is run on it. A participant's event is
refused with `malformed` (or `type_unknown` where only the number is not known) if

- it is not one MessagePack array, is empty or cut short, or bytes follow it;
- it does not begin with a type's number (an int of 0 to 255 in its shortest form: one byte below 128, two
  from there on), or the array's header is not the shortest;
- a field is missing, or a record has not exactly its fields;
- its last field is one that is left out where it is 0, and is 0;
- a value is of another kind: bool, float, ext, str or nil where an int is meant, str for bin, bin for
  str;
- an int, str or bin is in a longer form than needed (`cc 05` for `05`, `d9 01 61` for `a1 61`);
- a value is out of its kind's range, a str is no UTF-8, an enum has no such number;
- what stands behind the fields that are known is no MessagePack, or has arrays and maps that hold something
  in one another more than 16 deep. In what form it is does not matter, nor what kind.

A frame is dead-lettered (`frame_malformed`) if it has 64 bytes or fewer, is too long, or its
authenticated bytes are not the array above with at least one event. A frame's own array may be in any
MessagePack form, since its bytes are authenticated as they are.
"""

EXAMPLE = """\
## An example in bytes

| | |
|---|---|
| private key (seed) | `{seed}` |
| public key | `{public_key}` |
| exchange, genesis id | `dev`, `{genesis}` |
| epoch, destination | 7, `orders/0` |
| sent at | {sent_at_us} |

`OpenSession` is the event `{opening_event}`, and its frame (signature, then authenticated bytes)

```
{opening_frame}
```

The stream's CRC-32 is then {crc}. A limit order of `alice.main`, `order-1`, to buy 250
lots of BTC-USD at 6,000,000 ticks, gtc, is the event

```
{placing_event}
```

and its frame, with first sequence 2,

```
{placing_frame}
```
"""

CONNECTION = """\
## connection.json

What a participant must know; `bulkhead up` writes it to `.bulkhead/EXCHANGE/connection.json`. No secrets
are in it.

| field | |
|---|---|
| `version` | 1 |
| `exchange_id`, `genesis_id` | for the frames; the genesis id in 32 hexadecimal digits |
| `log` | the log's address: `sqlite:/absolute/folder?durability=normal`, or [on Pulsar](#a-log-on-pulsar) |
| `ca` | secured Pulsar: the file of its authority's certificate (PEM), beside this file |
| `assets.ID.decimals` | the smallest unit is 10^-decimals |
| `instruments.ID.base`, `.quote` | its assets |
| `instruments.ID.tick`, `.lot` | what one tick and one lot are, as decimal text: price_ticks = price / tick |
| `instruments.ID.price_increment`, `.price_min`, `.price_max` | what risk takes, as decimal text |
| `instruments.ID.quantity_increment`, `.quantity_min`, `.quantity_max` | the same |
| `instruments.ID.market_data` | the partition of its public feed; the source is `book/N` of its number |
| `participants.ID.orders`, `.reports` | its partitions; the source of its reports is `risk/N` of `orders/N` |
| `participants.ID.ingress` | where commands are written, if not to `orders`, which frames name all the same |
| `participants.ID.accounts` | its account ids |
| `participants.ID.keys.NAME` | the file of a private key (PEM, PKCS8, Ed25519), relative to this file |
| `participants.ID.token` | secured Pulsar: the file of its token (JWT), relative to this file |
"""

PULSAR = """\
## A log on Pulsar

The address is `pulsar://HOST:PORT/TENANT/NAMESPACE?admin=URL`, with TLS and tokens `pulsar+ssl://…`. Clients
connect to `pulsar[+ssl]://HOST:PORT`; `admin` is for whoever runs the exchange. The partition `orders/1` is
the topic `persistent://TENANT/NAMESPACE/orders-partition-1`. A frame is one message, never part of a client's
batch, without key and properties. What is read is read with a reader (no subscription is kept); with tokens
its subscription name has to begin with the role, the token's `sub`, or the broker refuses it. A participant
may write its `ingress` partition, or its `orders` where it has none, and read its `reports` partition,
nothing else. `examples/raw_pulsar.py` does all of this.
"""

LOG = """\
## The embedded log

Files that any number of processes of one machine read and append to, through SQLite: **3.51.3 or newer**
(Python: the package apsw). Older versions, which the standard library may have, can corrupt a log that
several processes write, so a program must check and refuse. The partition `orders/0` of the log
`sqlite:/FOLDER` is

    /FOLDER/orders/0/00000001.segment    an SQLite database in WAL mode; the next is 00000002.segment
    /FOLDER/orders/0/listeners/*.sock    UNIX datagram sockets of readers that wait

A segment has application_id 0x424C4B48 and user_version 1 (check both) and two tables:

    create table f(off integer primary key, body blob not null);   -- frames by offset
    create table seal(last integer not null);                      -- one row: no frame after this offset

Offsets in a partition are 1, 2, 3, … over all its segments, without a hole. A sealed segment never
changes, and its successor exists before the seal does. The **active** segment is the one to append to:
the first that is not sealed.

**To read** after offset n: `select off, body from f where off > n order by off`, and fetch all, so that
no read transaction stays open (with one the write-ahead log could never start over). Nothing there: if
`select last from seal` is n, go on in the next segment; else wait. Looking every 10 ms will do; to be
woken at once bind a datagram socket to a name of your own ending in `.sock` in `listeners`, before the
last look, and remove it at the end.

**To append**, at each connection first `pragma wal_autocheckpoint = 0` (the exchange's processes
checkpoint) and `pragma synchronous = normal` (or full, as the address says). Then

1. `begin immediate`. Where that is busy, try again after 50 to 200 microseconds: others hold it for as
   long.
2. If `seal` has a row, roll back and go to the next segment.
3. The offset is `max(off) + 1`; in an empty segment one more than its predecessor's seal; 1 in the first.
4. `insert into f values(offset, frame)`, `commit`. Now it is in the log.
5. Send one byte to each `listeners/*.sock`, ignoring errors: readers look by themselves every 200 ms.

A participant never seals, never makes a segment, and writes to no other partition than its `ingress`,
or its `orders` where it has none.
Segments past their size (256 MiB) are sealed by the exchange's writers at their next append.
"""

SNAPSHOTS = """\
## Snapshots

Internal, for tools that read them. A file `KIND/NUMBER/INPUTS.snapshot` (INPUTS in 20 digits) is

| bytes | |
|---|---|
| 8 | `BLKHSNAP` |
| 4 | version, big-endian: 1 |
| 32 | SHA-256 of the 12 bytes before and everything after this field |
| 8 | inputs applied, big-endian |
| 4 | length of the position, big-endian; 0xffffffff: none |
| | the position in the shard's partition: on the embedded log 8 bytes of offset and 4 of the frame's CRC-32 |
| | the machine's state, to the end |

The state is canonical MessagePack: maps sorted by key, everything in its shortest form. Its SHA-256 is
the shard's digest. It is a map of

| key | |
|---|---|
| `version` | 1 |
| `name` | the shard's, `risk/0` |
| `events_applied` | input events, of all internal and signed sources |
| `inputs` | internal source -> [last sequence, CRC-32] |
| `outputs` | destination -> [last sequence, CRC-32, chain, tail] |
| `domain` | what the machine itself knows, sessions of keys too; its form is its own and may change |
| `quarantine` | only where an event was ever skipped: `halted`: subject -> the events put aside for it, in \
their order; `skipped`: [position of its frame, sequence] of each, sorted |

`chain` and `tail` are the output's digest: `tail` holds the stream's last bytes (each event as the `bin`
that a frame has), and whenever it reaches 4,096 bytes, chain = SHA-256(chain + those). The digest is
SHA-256 of chain, tail and the last sequence in 8 bytes, big-endian. It does not depend on how frames are
cut.
"""
