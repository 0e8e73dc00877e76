"""What the API server refuses of an Exchange by itself: rules in CEL, with the words of `validate`.

They are those of `validate` that can be said with what stands near each other, and those of `fit`. The rest,
such as amounts that are no multiple of an increment, is found by who reads the resource.
"""

from dataclasses import dataclass

from bulkhead.topology.radius import SERVER_NAMES
from bulkhead.topology.validate import ADAPTER_FIELDS, RESERVED, SECURED_FIELDS
from k8s.manifests.fit import NO_FILES, NO_SNAPSHOT_FILES, NO_TOKEN_KEY


@dataclass(frozen=True, slots=True)
class Rule:
    """`holds` in CEL, of `self`. `otherwise` is what is said where it does not; `says` is an expression for
    it, where the words depend on the value.
    """

    holds: str
    otherwise: str
    says: str = ""

    def written(self) -> dict[str, str]:
        expression = {"messageExpression": self.says} if self.says else {}
        return {"rule": self.holds, "message": self.otherwise} | expression


def _of_adapter(section: str) -> list[Rule]:
    """That a section has no field of another adapter than its own."""
    rules = []
    default = {"log": "sqlite", "snapshots": "files", "views": "actors"}[section]
    for field, owner in ADAPTER_FIELDS[section].items():
        adapter = f"(has(self.adapter) ? self.adapter : '{default}')"
        problem = f"{field} is of the adapter {owner}; remove it, or write adapter: {owner}"
        rules.append(Rule(f"!has(self.{field}) || {adapter} == '{owner}'", problem))
    return rules


def _listed(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(f"'{name}'" for name in names) + "]"


SECURED = "has(self.service_url) && self.service_url.startsWith('pulsar+ssl:')"

RULES: dict[tuple[str, ...], list[Rule]] = {
    (): [
        Rule(
            "self.exchange == oldSelf.exchange", "an exchange keeps its name: make a new resource for another"
        ),
        Rule(
            "has(self.log) && has(self.log.adapter) && self.log.adapter == 'pulsar'",
            f"log.adapter: {NO_FILES}",
        ),
        Rule(
            "has(self.snapshots) && has(self.snapshots.adapter) && self.snapshots.adapter == 'redis'",
            f"snapshots.adapter: {NO_SNAPSHOT_FILES}",
        ),
        Rule(
            "self.instruments.all(name, self.instruments[name].base in self.assets"
            " && self.instruments[name].quote in self.assets)",
            "an instrument names an asset that is not there; add it to assets, or write one that is",
        ),
        Rule(
            "self.shards.books.all(book, book.instruments.all(name, name in self.instruments))",
            "a book matches an instrument that is not there; add it to instruments, or write one that is",
        ),
        Rule(
            # That none is in two, and another in none, would take a look at every pair.
            "size(self.instruments) == size(self.shards.books)",
            "an instrument is in no book partition; append `- instruments: [ID]` to shards.books",
        ),
        Rule(
            "(has(self.development) && self.development)"
            " || !self.participants.exists(name, has(self.participants[name].balances))",
            "a participant's balances: funds accounts, with development: false;"
            " remove it; in production assets arrive as deposits",
        ),
    ],
    ("participants",): [
        Rule(
            f"!self.exists(name, name in {_listed(RESERVED)})",
            f"a name is reserved; {', '.join(RESERVED)} are the exchange's own",
        ),
    ],
    ("boundaries",): [
        Rule(
            f"!self.exists(name, name in {_listed(SERVER_NAMES)})",
            f"a name is reserved: {', '.join(SERVER_NAMES)} are what a server's failure is called",
        ),
    ],
    ("boundaries", "*"): [
        Rule(
            "!has(self.engines) || size(self.engines) < 2 || (has(self.replicas) && self.replicas != 'none')",
            "there is no second replica that the second engine would compute;"
            " name one engine, or write replicas: standby",
        ),
    ],
    ("instruments", "*"): [
        Rule(
            "self.base != self.quote",
            "is traded for itself; base and quote are two assets",
            "self.base + ' is traded for itself; base and quote are two assets'",
        ),
        Rule(
            "!has(self.pro_rata) || (has(self.matching) && self.matching == 'pro-rata')",
            "pro_rata has no meaning with matching: price-time; matching: pro-rata, or leave it out",
        ),
    ],
    ("instruments", "*", "bands"): [
        Rule(
            "has(self.static) || has(self.dynamic)",
            "has no band; give it static, dynamic or both; or leave it out",
        ),
    ],
    ("shards", "views", "*"): [
        Rule("has(self.books) || has(self.accounts)", "follows nothing; such as books: [book/*]"),
    ],
    ("log",): [
        *_of_adapter("log"),
        Rule("!has(self.token_key)", f"token_key {NO_TOKEN_KEY}"),
        *(
            Rule(
                f"!has(self.{field}) || ({SECURED})",
                f"{field} is for a broker with TLS and tokens;"
                " write service_url: pulsar+ssl://HOST:6651, or remove it",
            )
            for field in SECURED_FIELDS
            if field != "token_key"
        ),
        Rule(
            f"!has(self.admin_url) || ({SECURED}) == self.admin_url.startsWith('https:')",
            "of service_url and admin_url one has TLS and one has not;"
            " pulsar+ssl:// goes with https://, pulsar:// with http://",
        ),
    ],
    ("snapshots",): _of_adapter("snapshots"),
    ("views",): _of_adapter("views"),
}
"""by the fields down to the value that they are of, * for any name or item"""
