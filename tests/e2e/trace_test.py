#!/usr/bin/python3
"""Traces and logs of a whole office of real programs.

usage: trace_test.py BUILD_FOLDER

A purchase is made with everything kept: all its spans, of the command, the broker and the three departments, are one tree, also
when IT is killed and started again on the way. Nothing is kept where nobody asks for it. Every line of every log is what its
format says. Nothing that is secret stands in any of it.
"""
import json
import os
import pathlib
import re
import signal
import sys
import time

from departments import DEPARTMENTS, Departments, Refused
import python_client
import spans
import story

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("broker", *DEPARTMENTS)
LOGFMT = re.compile(r'[a-z_]+=(?:"(?:[^"\\\x00-\x1f]|\\["\\n]|\\x[0-9a-f]{2})*"|[^ "=\\\x00-\x1f]+)')
PLANTED = {"metadata": "PLANTED-METADATA-4711", "body": "PLANTED-BODY-4712", "behalf": "PLANTED-BEHALF-4713",
           "wrong": "planted-wrong-field-4714 "}


class Office(Departments):
    def __init__(self, build, log, trace=True):
        super().__init__(build)
        self.log, self.traced = log, trace
        (self.home / "traces").mkdir()

    def also(self, name):
        return f'trace\n    path = "traces/{name}.jsonl"\n' if self.traced else ""

    def keep(self):
        self.trace = str(self.home / "traces" / "kantor.jsonl")

    def end_all(self):
        """What they kept is in their files when they have ended."""
        for name in (*DEPARTMENTS, "broker"):
            self.stop(name, 30)

    def spans(self):
        return spans.read(self.home / "traces")

    def logs(self):
        return {name: (self.home / f"{name}.log").read_text(encoding="utf-8").splitlines() for name in PROGRAMS}


# ---- one tree ----

def trace_of(office, process):
    answer = office.call("rev", "it/Processes/GetProcess", process=process)
    return re.fullmatch(r"00-([0-9a-f]{32})-[0-9a-f]{16}-01", answer["traceparent"]).group(1)


def of_trace(office, trace):
    return {id: span for id, span in office.spans().items() if span.trace == trace}


def one_purchase(build):
    with Office(build, "debug\nlog-format = json") as office:
        story.open_office(office)
        office.keep()
        process = story.request_purchase(office, "p-1")
        story.drafted(office, "p-1")
        sha256 = story.approve(office, "p-1")
        story.signable(office, "p-1")
        story.sign(office, "p-1", sha256)
        story.pay(office, "p-1")
        assert story.ended(office, "it", process) == "DONE"
        trace = trace_of(office, process)
        shown = office.kantor("rev", "process", "show", process)
        assert f"trace    {trace}" in shown, shown
        office.end_all()
        everything = office.spans()
        spans.check_tree(everything)
        mine = of_trace(office, trace)
        services = {span.service for span in mine.values()}
        assert services == {"kantor", *(f"kantor-{name}" for name in PROGRAMS)}, services
        root, = (span for span in mine.values() if not span.parent)
        assert root.service == "kantor" and root.name == "kantor call", root
        names = {(span.service, span.name) for span in mine.values() if span.kind == spans.SERVER}
        for service, name in (("kantor-broker", "kantor.it.v1.Purchases/RequestPurchase"),
                              ("kantor-finance", "kantor.finance.v1.Budgets/Reserve"),
                              ("kantor-legal", "kantor.legal.v1.Contracts/DraftContract"),
                              ("kantor-it", "kantor.process.v1.Processes/Settle")):
            assert (service, name) in names, f"no {name} at {service}: {sorted(names)}"
        assert {span.name for span in mine.values() if span.kind == spans.INTERNAL} >= {"run", "commit"}, mine
        shown_tree(office, trace, mine)
        check_json_logs(office, everything)
    print(f"purchase: {len(mine)} spans of {len(services)} programs are one tree; {len(everything)} in all are trees")


def shown_tree(office, trace, mine):
    """`kantor trace show` has each span once, below its parent."""
    office.trace = None
    files = [str(path) for path in sorted((office.home / "traces").glob("*.jsonl"))]
    rows = json.loads(office.kantor("rev", "trace", "show", trace, *files, "--output", "json"))
    assert {row["span"] for row in rows} == set(mine) and len(rows) == len(mine)
    assert [row["span"] for row in rows if not row["parent"]] == [rows[0]["span"]]
    seen = {""}
    for row in rows:
        assert row["parent"] in seen, row
        seen.add(row["span"])
    table = office.kantor("rev", "trace", "show", trace, *files)
    assert len(table.splitlines()) >= len(mine) and "  kantor.it.v1.Purchases/RequestPurchase" in table, table


def a_crash_between(build):
    """Where somebody dies, what was in its hands is lost; all else is still of the one trace."""
    with Office(build, "error") as office:
        story.open_office(office)
        office.keep()
        process = story.request_purchase(office, "p-1")
        trace = trace_of(office, process)
        story.drafted(office, "p-1")
        wait_for(lambda: any(span.name.endswith("/RequestPurchase") and span.service == "kantor-it"
                             for span in of_trace(office, trace).values()), "IT does not write its spans")
        office.kill("it")
        office.start("it")
        sha256 = story.approve(office, "p-1")
        story.signable(office, "p-1")
        story.sign(office, "p-1", sha256)
        story.pay(office, "p-1")
        assert story.ended(office, "it", process) == "DONE"
        office.end_all()
        mine = of_trace(office, trace)
        instances = {span.instance for span in mine.values() if span.service == "kantor-it"}
        assert len(instances) == 2, instances
        lost = spans.orphans(mine)
        assert all(span.service == "kantor-broker" or span.kind == spans.INTERNAL for span in lost), lost
        assert len(lost) <= 8, lost
        assert sum(not span.parent for span in mine.values()) == 1, mine
    print(f"crash: {len(mine)} spans of two lives of IT in one trace, {len(lost)} without their parent")


def nobody_asks(build):
    with Office(build, "info") as office:
        story.open_office(office)
        process = story.request_purchase(office, "p-1")
        story.drafted(office, "p-1")
        answer = office.call("rev", "it/Processes/GetProcess", process=process)
        assert answer["traceparent"].endswith("-00"), answer["traceparent"]
        office.end_all()
        kept = office.spans()
        assert not kept, list(kept.values())[:3]
        check_logfmt(office)
    print("nobody asks: nothing is kept")


def everybody_keeps(build):
    """Where brokers and departments keep all there is, callers need not ask; their own parts are missing. A file that was moved
    away is begun anew at SIGHUP."""
    with Office(build, "error") as office:
        for name in PROGRAMS:
            with open(office.home / f"{name}.conf", "a") as config:
                config.write("    ratio = 1\n")  # its section is the last
            office.stop(name, 30)
            office.start(name)
        office.await_all_behind("broker")
        story.open_office(office)
        for name in PROGRAMS:
            wait_for(lambda: (office.home / "traces" / f"{name}.jsonl").stat().st_size > 0, f"{name} keeps nothing")
            (office.home / "traces" / f"{name}.jsonl").rename(office.home / "traces" / f"{name}.jsonl.old")
            office.send(name, signal.SIGHUP)
            wait_for((office.home / "traces" / f"{name}.jsonl").exists, f"{name} does not begin its file anew")
        process = story.request_purchase(office, "p-1")
        story.drafted(office, "p-1")
        assert trace_of(office, process)
        office.end_all()
        assert all((office.home / "traces" / f"{name}.jsonl").stat().st_size > 0 for name in PROGRAMS)
        kept = office.spans()
        lost = spans.orphans(kept)  # of calls that were open when their caller ended
        assert all(span.service == "kantor-broker" and span.name.endswith("/ReadEvents") for span in lost), lost[:3]
        roots = {}
        for span in kept.values():
            if not span.parent:
                roots.setdefault(span.service, []).append(span)
        assert all(span.kind == spans.SERVER for span in roots["kantor-broker"])  # of callers that keep none
        assert all(span.kind == spans.CLIENT for name in DEPARTMENTS for span in roots[f"kantor-{name}"])
        assert set(roots) == {"kantor-broker"} | {f"kantor-{name}" for name in DEPARTMENTS}
    print(f"everybody keeps: {len(kept)} spans, {len(roots['kantor-broker'])} of them of callers that keep none")


def wait_for(wanted, problem):
    until = time.monotonic() + 30
    while not wanted():
        assert time.monotonic() < until, problem
        time.sleep(0.02)  # it is for another program to act


# ---- logs ----

def check_json_logs(office, everything):
    ids, lines = set(), 0
    for name, log in office.logs().items():
        for line in log:
            pairs = []
            one = json.loads(line, object_pairs_hook=lambda found: pairs.extend(found) or dict(found))
            assert len(pairs) == len(one), f"a member stands twice: {line}"
            assert list(one)[:4] == ["ts", "level", "app", "event"] and one["app"] == name, line
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", one["ts"]), line
            if one["event"] == "call":
                assert re.fullmatch(r"[A-Z_]*", one["reason"]) and re.fullmatch(r"[0-9a-f]{32}", one["trace_id"]), line
                ids.add((one["trace_id"], one["span_id"]))
            lines += 1
    kept = {(span.trace, span.id) for span in everything.values() if span.kind == spans.SERVER and span.service != "kantor-broker"}
    assert kept <= ids, f"spans without a line: {len(kept - ids)}"
    print(f"logs: {lines} lines of JSON; each span of a call has its line")


def check_logfmt(office):
    lines = 0
    for name, log in office.logs().items():
        for line in log:
            assert re.fullmatch(rf"{LOGFMT.pattern}(?: {LOGFMT.pattern})*", line), line
            assert line.startswith("ts=") and f" app={name} " in line, line
            lines += 1
    assert lines > 10, lines
    print(f"logs: {lines} lines of logfmt")


# ---- secrets ----

def key(office, name, which):
    return re.search(rf'{which} = "([^"]+)"', (office.home / name).read_text()).group(1)


def plant(office, contracts):
    """Calls that hold what nobody may write down: some that succeed, some that are refused."""
    rpc, ledger, _ = contracts
    client = python_client.Client(office.endpoint("broker", "clients"), key(office, "broker.key", "public-key"),
                                  key(office, "carla.key_secret", "public-key"), key(office, "carla.key_secret", "secret-key"))
    statuses = set()
    for account, commodity in (("equity:capital", "IDR"), ("no:such", "IDR"), (PLANTED["wrong"], "IDR"), ("equity:capital", "??")):
        draft = ledger.EntryDraft(date=str(story.today()), description=PLANTED["body"])
        draft.lines.add(account="assets:bank", commodity=commodity, amount_minor=1)
        draft.lines.add(account=account, commodity=commodity, amount_minor=-1)
        meta = rpc.CallMeta(idempotency_key=python_client.new_key(), on_behalf_of=PLANTED["behalf"],
                            traceparent=f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01",
                            metadata=[rpc.Pair(key="authorization", value=PLANTED["metadata"].encode())])
        call_id = client.last_id = client.last_id + 1
        client.send(python_client.CALL, call_id, meta.SerializeToString(),
                    ledger.PostEntryRequest(book="company", entry=draft).SerializeToString(),
                    flags=python_client.LAST | 4, arg=20000, extra=b"/kantor.finance.v1.Ledger/PostEntry")
        _, _, frames = client.receive(call_id)
        statuses.add(python_client.status_of(rpc, frames).code)
    assert 0 in statuses and len(statuses) > 1, statuses
    client.socket.close()


def nothing_secret(build, contracts, form):
    with Office(build, f"debug\nlog-format = {form}") as office:
        story.open_office(office)
        office.keep()
        plant(office, contracts)
        request = {"book": PLANTED["body"], "kind": "COMPANY", "title": PLANTED["body"]}
        try:
            office.call("ana", "Books/CreateBook", book=request)
            raise AssertionError("a book of that name was made")
        except Refused:
            pass
        office.kantor("ana", "call", "--for", PLANTED["behalf"], "Books/CreateBook",
                      json.dumps({"book": {"book": "b", "kind": "COMPANY", "title": PLANTED["body"]}}))
        secrets = {**PLANTED, **{path.name: key(office, path.name, "secret-key") for path in office.home.glob("*.key_secret")}}
        office.end_all()
        if form == "logfmt":
            check_logfmt(office)
        assert len(secrets) > len(PLANTED) + 8, secrets
        files = [*office.home.glob("*.log"), *(office.home / "traces").glob("*")]
        assert any(b"PostEntry" in path.read_bytes() for path in files if path.suffix == ".log"), "the calls were not logged"
        assert len([path for path in files if b"PostEntry" in path.read_bytes()]) >= 3, "the calls were not kept"
        for path in files:
            for what, secret in secrets.items():
                assert secret.strip().encode() not in path.read_bytes(), f"{what} stands in {path.name}"
    print(f"secrets: none of {len(secrets)} stands in {len(files)} files of logs ({form}) and traces")


def main():
    build = sys.argv[1]
    contracts = python_client.contracts(str(ROOT / "proto"))
    one_purchase(build)
    a_crash_between(build)
    nobody_asks(build)
    everybody_keeps(build)
    for form in ("json", "logfmt"):
        nothing_secret(build, contracts, form)
    return 0


if __name__ == "__main__":
    sys.exit(main())
