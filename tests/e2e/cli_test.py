#!/usr/bin/python3
"""The command line against a running office: every verb, its outputs and its exit codes.

usage: cli_test.py BUILD_FOLDER
"""
import csv
import io
import json
import subprocess
import sys
import time

import office


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def who_is_there(place):
    rows = table(place.kantor("services", "-o", "csv").stdout)
    assert [r["department"] for r in rows] == ["finance", "it", "legal"] and int(rows[0]["capacity"]) > 0, rows
    assert json.loads(place.kantor("health", "-o", "json").stdout) == [
        {"department": name, "status": "SERVING"} for name in ("finance", "it", "legal")]
    assert place.kantor("health", "sales", check=False).returncode != 0
    rows = table(place.kantor("--as", "auditor", "top", "-o", "csv").stdout)
    assert any(r["method"].endswith("Broker/ListServices") or int(r["calls"]) > 0 for r in rows), rows
    denied = place.kantor("--as", "front-office", "top", "--once", check=False)
    assert denied.returncode == 7 and "ROLE_MISSING" in denied.stderr, denied.stderr


def contracts(place):
    rows = table(place.kantor("describe", "-o", "csv").stdout)
    post = [r for r in rows if r["method"] == "/kantor.finance.v1.Ledger/PostEntry"]
    assert post and post[0]["kind"] == "WRITE" and "finance.clerk" in post[0]["roles"], rows
    for shared in ("finance/kantor.store.v1.Store/Stats", "it/kantor.process.v1.Processes/GetProcess"):
        assert shared in [r["method"] for r in rows], rows
    fields = json.loads(place.kantor("describe", "EntryDraft", "-o", "json").stdout)
    assert {"number": 3, "field": "lines", "type": "kantor.finance.v1.Line", "repeated": True, "values": ""} in fields, fields
    text = place.kantor("describe", "Ledger/TrialBalance").stdout
    assert "streams responses" in text and "TrialBalancePage" in text, text
    assert place.kantor("describe", "Nothing", check=False).returncode == 5
    assert place.kantor("describe", "Ledger/Nothing", check=False).returncode == 12


def calls(place):
    made = place.kantor("call", "-v", "Books/CreateBook", '{"book":{"book":"b","kind":"CLIENT"}}')
    assert json.loads(made.stdout)["kind"] == "CLIENT", made.stdout
    for word in ("key", "trace", "queued", "committed"):
        assert word in made.stderr, made.stderr
    key = made.stderr.split("key")[1].split()[0]
    again = place.kantor("call", "-v", "Books/CreateBook", "--key", key, '{"book":{"book":"b","kind":"CLIENT"}}')
    assert again.stdout == made.stdout and "stored reply" in again.stderr, again.stderr
    reused = place.kantor("call", "Books/CreateBook", "--key", key, '{"book":{"book":"c","kind":"CLIENT"}}', check=False)
    assert "KEY_REUSED" in reused.stderr and reused.returncode != 0, reused.stderr
    place.call("Books/OpenAccounts", {"book": "b", "accounts": [{"account": "assets:x"}, {"account": "income:y"}]})
    lines = [{"account": "assets:x", "commodity": "EUR", "amountMinor": 5}, {"account": "income:y", "commodity": "EUR", "amountMinor": -5}]
    posted = place.call("PostEntry", {"book": "b", "entry": {"date": "2026-11-23", "lines": lines}})
    assert posted["entry"] == "2026-000001", posted
    wrong = place.kantor("call", "PostEntry", json.dumps({"book": "b", "entry": {"date": "2026-11-32", "lines": lines}}), check=False)
    assert wrong.returncode == 3 and "entry.date" in wrong.stderr, wrong.stderr
    assert place.kantor("call", "PostEntry", '{"bok":1}', check=False).returncode == 3
    assert place.kantor("call", "PostEntry", "", check=False).returncode == 3
    more = place.kantor("call", "GetBook", '{"book":"b"} {"book":"b"}', check=False)
    assert more.returncode == 3 and "more follows" in more.stderr and not more.stdout, more.stderr
    assert place.kantor("call", "finance/Store/Stats", check=False).returncode == 7
    either = place.kantor("call", "Store/Stats", check=False)
    assert either.returncode == 64 and "it/kantor.store.v1.Store/Stats" in either.stderr, either.stderr
    late = place.kantor("call", "--timeout", "0", "GetBook", '{"book":"nothing"}', check=False)
    assert late.returncode == 5 and "BOOK_UNKNOWN" in late.stderr, late.stderr
    pages = [json.loads(line) for line in place.kantor("call", "TrialBalance", '{"book":"b"}').stdout.splitlines()]
    assert [r["account"] for page in pages for r in page["rows"]] == ["assets:x", "income:y"], pages
    asked = '{"listServices":""}\n' * 40  # more than a window
    answers = place.kantor("call", "-d", "finance", "ServerReflectionInfo", "-", input=asked).stdout.splitlines()
    assert len(answers) == 40 and "kantor.finance.v1.Ledger" in answers[-1], answers[-1:]


def reports(place):
    rows = table(place.kantor("finance", "register", "-b", "b", "-a", "assets:x", "-o", "csv").stdout)
    assert [(r["entry"], r["amount"], r["balance"]) for r in rows] == [("2026-000001", "0.05", "0.05")], rows
    rows = table(place.kantor("finance", "trial-balance", "-b", "b", "-o", "csv").stdout)
    assert rows == [{"account": "assets:x", "commodity": "EUR", "amount": "0.05"},
                    {"account": "income:y", "commodity": "EUR", "amount": "-0.05"}], rows
    assert not table(place.kantor("finance", "trial-balance", "-b", "b", "--at", "2026-11-22", "-o", "csv").stdout)
    assert "total" in place.kantor("finance", "trial-balance", "-b", "b", "--tree").stdout
    assert [r["book"] for r in table(place.kantor("finance", "books", "-o", "csv").stdout)] == ["b"]
    assert len(json.loads(place.kantor("finance", "entries", "-b", "b", "-o", "json").stdout)) == 2
    assert len(table(place.kantor("finance", "accounts", "-b", "b", "-o", "csv").stdout)) >= 4
    unknown = place.kantor("finance", "accounts", "-b", "nothing", check=False)
    assert unknown.returncode == 5 and not unknown.stdout and "finance books" in unknown.stderr, unknown.stderr
    assert place.kantor("finance", "register", "-b", "b", check=False).returncode == 64


def affairs(place):
    """What is planned, owed and employed beside the ledger."""
    it = {"book": "b", "costCentre": "it"}
    place.call("CreateCostCentre", {**it, "title": "IT"}, who="analyst")
    place.call("SetBudget", {**it, "commodity": "EUR", "periodFrom": "2026-11", "periodTo": "2027-10", "amountMinor": 10000}, who="analyst")
    expires = int(time.time() + 3600) * 1000000
    place.call("Budgets/Reserve", {**it, "reservation": "r", "onDate": "2026-11-28", "commodity": "EUR", "amountMinor": 4000, "expiresUs": expires})
    place.call("Budgets/Commit", {"reservation": "r", "reference": "contract c"})
    place.call("Payables/Schedule", {"schedule": "s", "book": "b", "party": "vendor", "contract": "c", "reservation": "r", "commodity": "EUR",
                                     "lines": [{"dueOn": "2020-01-31", "amountMinor": 1500}, {"dueOn": "2999-01-31", "amountMinor": 2500}],
                                     "expenseAccount": "assets:x", "payableAccount": "income:y"})
    rows = table(place.kantor("finance", "budgets", "-b", "b", "-o", "csv").stdout)
    assert rows == [{"cost_centre": "it", "commodity": "EUR", "period_from": "2026-11", "period_to": "2027-10", "amount": "100.00",
                     "reserved": "0.00", "committed": "40.00", "spent": "0.00", "free": "60.00"}], rows
    assert not table(place.kantor("finance", "budgets", "-b", "b", "-c", "hr", "-o", "csv").stdout)
    rows = table(place.kantor("finance", "payables", "-b", "b", "-o", "csv").stdout)
    assert [(r["due_on"], r["state"], r["amount"], r["line"]) for r in rows] == [
        ("2020-01-31", "DUE", "15.00", "1"), ("2999-01-31", "OPEN", "25.00", "2")], rows
    assert len(table(place.kantor("finance", "payables", "-b", "b", "--at", "2020-01-31", "-o", "csv").stdout)) == 1
    refused = place.kantor("call", "PayPayable", '{"schedule":"s","line":1,"paidOn":"2020-01-31","bankAccount":"assets:x"}', check=False)
    assert refused.returncode == 9 and "RECEIPT_MISSING" in refused.stderr, refused.stderr
    place.call("SetHeadcount", {**it, "position": "engineer", "count": 1}, who="analyst")
    place.call("ReserveHeadcount", {**it, "reservation": "h", "position": "engineer", "expiresUs": expires})
    place.call("HireEmployee", {"employee": "eve", "reservation": "h", "contract": "c-2", "name": "Eve", "startsOn": "2026-12-01",
                                "salaryMinor": 1, "commodity": "EUR"})
    rows = table(place.kantor("finance", "employees", "-b", "b", "-o", "csv").stdout)
    assert [(r["employee"], r["state"], r["cleared"]) for r in rows] == [("eve", "HIRED", "no")], rows
    denied = place.kantor("--as", "front-office", "finance", "employees", "-b", "b", check=False)
    assert denied.returncode == 7, denied.stderr


def stores(place):
    verified = place.kantor("--as", "operator", "verify", "finance")
    assert "nothing differs" in verified.stdout, verified.stdout
    backup = table(place.kantor("--as", "operator", "backup", "finance", "--name", "one", "-o", "csv").stdout)[0]
    place.call("PostEntry", {"book": "b", "entry": {"date": "2026-11-23", "lines": [
        {"account": "assets:x", "commodity": "EUR", "amountMinor": 7}, {"account": "income:y", "commodity": "EUR", "amountMinor": -7}]}})
    store = str(place.home / "data" / "finance")
    restore = ["restore", "--from", backup["path"], "--to", store]
    used = place.kantor(*restore, "--replace", check=False)
    assert used.returncode == 9 and "in use" in used.stderr, used.stderr
    place.kill("finance")
    assert place.kantor(*restore, check=False).returncode == 6, "a store that is there is not overwritten unasked"
    restored = table(place.kantor(*restore, "--replace", "-o", "csv").stdout)[0]
    assert restored["journal_root"] == backup["journal_root"] and restored["service"] == "finance", restored
    assert place.kantor("restore", "--from", str(place.home), "--to", store + "2", check=False).returncode != 0
    place.start("finance")
    place.kantor("health", "finance", "--wait", "20")
    assert "nothing differs" in place.kantor("--as", "operator", "verify", "finance").stdout
    rows = table(place.kantor("finance", "trial-balance", "-b", "b", "-o", "csv").stdout)
    assert rows[0]["amount"] == "0.05", "the books are as they were when the backup was taken"


def without_an_office(place):
    folder = str(place.home / "more-keys")
    public = place.kantor("keys", "new", "somebody", "--dir", folder).stdout.strip()
    assert len(public) == 40 and place.kantor("keys", "new", "somebody", "--dir", folder, check=False).returncode == 6
    shown = json.loads(place.kantor("keys", "show", folder + "/somebody.key", "-o", "json").stdout)
    assert shown == [{"public_key": public, "secret": False}], shown
    script = place.kantor("completion", "bash").stdout
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    words = subprocess.run(["bash", "-c", script + 'COMP_WORDS=(kantor finance tr); COMP_CWORD=2; _kantor; echo "${COMPREPLY[@]}"'],
                           capture_output=True, text=True, check=True).stdout
    assert words.split() == ["trial-balance"], words
    kantor = place.env["KANTOR_BIN"] + "/cli/kantor"
    lost = subprocess.run([kantor, "services"], capture_output=True, text=True, env={})
    assert lost.returncode == 64 and "KANTOR_CONFIG" in lost.stderr, lost.stderr


def benches(place):
    """That they run; what they measure is nobody's test."""
    short = ["--spawn", "--rounds", "1", "--seconds", "0.1", "--warm", "0.01", "--in-flight", "8", "-o", "json"]
    for verb in (["rpc", "--instances", "2"], ["post", "--accounts", "10", "--reads", "2"], ["post", "--accounts", "10", "--batch", "20", "--fill", "5000"]):
        figures = json.loads(place.kantor("bench", *verb, *short).stdout)
        assert len(figures) == (2 if "--reads" in verb else 1), figures
        assert all(f["per_second"] > 0 and "machine" in f["conditions"] for f in figures), figures


def report(place):
    """What it asks for, and that it names what is missing."""
    refused = place.kantor("bench", "report", check=False)
    assert refused.returncode == 64 and "--anchors is missing" in refused.stderr, refused.stderr
    refused = place.kantor("bench", "report", "--anchors", "/nowhere/at/all", check=False)
    assert refused.returncode == 66 and "/nowhere/at/all is no folder" in refused.stderr, refused.stderr
    empty, out = place.home / "no-anchors", place.home / "report"
    empty.mkdir()
    refused = place.kantor("bench", "report", "--anchors", str(empty), "--out", str(out), "--only", "echo,nothing", check=False)
    assert refused.returncode == 64 and "echo,postings,growth" in refused.stderr, refused.stderr
    short = ["--anchors", str(empty), "--out", str(out), "--only", "echo", "--rounds", "1", "--seconds", "0.1", "-o", "json"]
    goals = json.loads(place.kantor("bench", "report", *short).stdout)
    assert goals and all(g["held"] == "not measured" for g in goals), goals
    page = (out / "report.md").read_text()
    for missing in ("bare forwarder", "bare forwarder, CURVE", "gRPC C++ behind HAProxy", "NATS request-reply"):
        assert f"Not measured: {missing}: " in page, page
    assert "(echo.svg)" in page and "not measured" in (out / "echo.svg").read_text(), page


def main():
    with office.Office(sys.argv[1]) as place:
        for part in (who_is_there, contracts, calls, reports, affairs, stores, without_an_office, benches, report):
            part(place)
            print(part.__name__)


if __name__ == "__main__":
    main()
