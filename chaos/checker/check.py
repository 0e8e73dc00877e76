"""Reads everything, partition by partition, and hands it to the judges."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from chaos.checker import evidence
from chaos.checker.books import ANSWERS, FORWARDED, Books, Owner
from chaos.checker.findings import Findings
from chaos.checker.frames import Opener
from chaos.checker.linked import judge_linked
from chaos.checker.participants import (
    Sent,
    judge_answers,
    judge_commands,
    judge_received,
    judge_reports,
)
from chaos.checker.recorded_log import RecordedLog
from chaos.checker.sources import Source
from chaos.checker.story import Story
from chaos.checker.streams import Stream
from chaos.checker.trades import Trades


def check(
    source: Source,
    exchange_id: str,
    genesis_id: bytes,
    internal_key: bytes | None,
    evidence_folder: Path,
) -> Findings:
    """Judge the log in `source`, at rest, and what the participants wrote into `evidence_folder`.

    Raises sources.NoLog and evidence.NoEvidence where there is nothing to judge.
    """
    findings = Findings()
    log = RecordedLog(source, Opener(exchange_id, genesis_id, internal_key), findings.streams)
    run = _Run(log, findings, evidence_folder)
    run.commands()
    run.reports()
    run.between_shards()
    run.rest()
    findings.facts = run.facts()
    return findings


class _Run:
    def __init__(self, log: RecordedLog, findings: Findings, evidence_folder: Path) -> None:
        self._log = log
        self._findings = findings
        self._sent_records = evidence.sent(evidence_folder)
        self._received: dict[str, list[evidence.Record]] = defaultdict(list)
        for record in evidence.received(evidence_folder):
            self._received[record.reports].append(record)
        if not self._sent_records or not self._received:
            raise evidence.NoEvidence(f"{evidence_folder} has no files *.sent.jsonl and *.received.jsonl")
        self._sent: dict[str, Sent] = {}
        self._owners: dict[int, Owner] = {}
        self._trades = Trades()
        self._books = Books(self._owners)
        self._dead_letters = 0

    def commands(self) -> None:
        """The orders partitions: participants' sessions, and what the books answered to risk."""
        sessions: dict[str, list[Stream]] = {record.source: [] for record in self._sent_records}
        for partition in self._log.of_topic("orders"):
            for source, stream in self._log.streams(partition).items():
                if source in sessions:
                    sessions[source].append(stream)
                elif source.startswith("book/"):
                    for _, message in self._log.messages(stream, *ANSWERS, "FillReversed"):
                        if type(message).__name__ == "FillReversed":
                            self._trades.reversals.told_to_risk(message)
                        else:
                            self._books.answered(message)
        for record in self._sent_records:
            sent = self._sent.setdefault(record.participant, Sent(record.participant))
            judge_commands(record, sessions[record.source], sent, self._findings)

    def reports(self) -> None:
        """Every participant's reports, also of those who wrote nothing down: they may own half of a trade."""
        for partition in self._log.of_topic("reports."):
            participant = partition.removeprefix("reports.").rpartition("/")[0]
            streams = self._log.streams(partition)
            by_shard = {source: dict(self._log.messages(stream)) for source, stream in streams.items()}
            story = Story(by_shard, partition, self._findings.reports)
            told = story.reports
            for report in told.values():
                kind = type(report).__name__
                if kind == "OrderAccepted":
                    self._owners[report.order_id] = (participant, report.account_id, report.client_order_id)
                elif kind == "OrderFilled":
                    self._trades.filled(report)
                elif kind in ("TradeBusted", "TradeCorrected"):
                    self._trades.reversals.reported(report)
            sent = self._sent.get(participant) or Sent(participant)
            judge_reports(participant, sent, told, self._findings)
            judge_answers(sent, told.values(), self._findings)
            judge_linked(participant, told, self._findings)
            records = self._received.pop(partition, [])
            for number, record in enumerate(records, 1):
                received = story.placed(record.messages())
                judge_received(record, received, told, number == len(records), self._findings)
        for partition in self._received:
            self._findings.reports.is_lost(f"the whole partition {partition}")

    def between_shards(self) -> None:
        for partition in self._log.of_topic("control"):
            for stream in self._log.streams(partition).values():
                for _, instrument in self._log.messages(stream, "DefineInstrument", "ListInstrument"):
                    self._trades.defined(instrument)
                for _, decision in self._log.messages(stream, "OperatorMassCancel"):
                    self._books.canceled_by_operator(decision)
        for partition in self._log.of_topic("books"):
            for source, stream in self._log.streams(partition).items():
                if source.startswith("risk/"):
                    messages = (message for _, message in self._log.messages(stream, *FORWARDED))
                    self._books.forwarded(messages, self._sent, self._findings)
        self._books.judge(self._findings)
        for partition in self._log.of_topic("market_data"):
            for stream in self._log.streams(partition).values():
                trades = (message for _, message in self._log.messages(stream, "TradePublished"))
                self._trades.published(trades, self._findings)
                for _, message in self._log.messages(
                    stream, "TradeBustPublished", "TradeCorrectionPublished"
                ):
                    self._trades.reversals.published(message)
        for partition in self._log.of_topic("settlement"):
            for source, stream in self._log.streams(partition).items():
                if source.startswith("book/"):
                    legs = (message for _, message in self._log.messages(stream, "SettleLeg"))
                    self._trades.settled(legs)
        self._trades.judge(self._findings)

    def rest(self) -> None:
        """Partitions of which only the streams are judged."""
        for partition in self._log.partitions:
            topic = partition.partition("/")[0]
            if topic in _READ or topic.startswith("reports."):
                continue
            streams = self._log.streams(partition)
            if topic == "dead_letters":
                self._dead_letters += sum(map(len, streams.values()))

    def facts(self) -> dict[str, int]:
        kinds: Mapping[str, int] = {
            "commands": sum(len(sent.commands) for sent in self._sent.values()),
            "places": sum(
                type(command).__name__ == "PlaceOrder"
                for sent in self._sent.values()
                for command in sent.commands
            ),
            "trades": len(self._trades),
            "reversals": len(self._trades.reversals),
            "dead_letters": self._dead_letters,
        }
        return {**self._log.facts, **kinds}


_READ = frozenset({"orders", "control", "books", "market_data", "settlement"})
