"""load.py: load.sh beside an office, and what it was told."""
import collections
import csv
import decimal
import io
import json
import os
import shutil
import subprocess
import tempfile
import threading

from office import ROOT, run, until

KINDS = ["long", "short", "trial", "party", "product", "purchase"]
PAYLOAD = "payload-that-no-log-may-tell-91b6"
COPIES = 100  # of the company's month in the long file: an import of seconds
GONE = {4: "DEADLINE_EXCEEDED", 14: "UNAVAILABLE"}  # what may be told of a department that was killed


def sample(name):
    return open(f"{ROOT}/deploy/sample/{name}.csv", encoding="utf-8").read()


def sums_of(text):
    """What the books are to hold: account and commodity to amount."""
    sums = collections.Counter()
    for row in csv.DictReader(io.StringIO(text)):
        sums[row["account"], row["commodity"]] += decimal.Decimal(row["amount"])
    return {key: amount for key, amount in sums.items() if amount != 0}


def trial_balance(office, book):
    rows = csv.DictReader(io.StringIO(office.kantor("clerk", "finance", "trial-balance", "--book", book, "-o", "csv").stdout))
    return {(row["account"], row["commodity"]): decimal.Decimal(row["amount"]) for row in rows
            if decimal.Decimal(row["amount"]) != 0}


def open_book(office, book, text):
    office.kantor("analyst", "call", "Books/CreateBook", json.dumps({"book": {"book": book, "kind": "COMPANY", "title": book}}))
    accounts = sorted({row["account"] for row in csv.DictReader(io.StringIO(text))})
    office.kantor("clerk", "call", "Books/OpenAccounts",
                  json.dumps({"book": book, "accounts": [{"account": account} for account in accounts]}))


def copies_of(text, count):
    """The same month COUNT times, as different entries."""
    rows = list(csv.DictReader(io.StringIO(text)))
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    last = max(int(row["txnidx"]) for row in rows)
    for copy in range(count):
        writer.writerows({**row, "txnidx": int(row["txnidx"]) + copy * last,
                          "description": f"{row['description']} {copy} {PAYLOAD}"} for row in rows)
    return out.getvalue()


class Load:
    """From `start` to `end`. Counts what was done of each kind, and keeps what failed."""

    def __init__(self, office):
        self.office, self.done, self.failures = office, collections.Counter(), []
        self.texts = {"long": copies_of(sample("company"), COPIES), "short": copies_of(sample("client"), 1)}
        self.folder = tempfile.mkdtemp(prefix="kantor-load-")
        os.chmod(self.folder, 0o755)
        for book, text in self.texts.items():
            with open(f"{self.folder}/{book}.csv", "w", encoding="utf-8") as file:
                file.write(text)
            open_book(office, book, text)

    def start(self):
        office = self.office
        self.process = subprocess.Popen(
            [office.engine, "run", "--rm", "--name", office.container("load"), "--network", f"{office.project}_front",
             "--cap-drop", "ALL", "-v", f"{office.volume('callers-etc')}:/etc/kantor:ro",
             "-v", f"{office.volume('front-office-etc')}:/etc/front-office:ro", "-v", f"{self.folder}:/load:ro",
             "-v", f"{ROOT}/tests/containers/load.sh:/load.sh:ro", "--entrypoint", "/bin/bash", office.image("kantor-debug"),
             "/load.sh", PAYLOAD],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.go_round()

    def read(self):
        for line in self.process.stdout:
            kind, number, code, *said = line.rstrip("\n").split(" ", 3)
            if code == "0":
                self.done[kind] += 1
            else:
                self.failures.append((kind, int(number), int(code), *said))

    def go_round(self):
        """Until each kind was done once more, from its begin to its end."""
        goal = {kind: self.done[kind] + 2 for kind in KINDS}
        until(lambda: all(self.done[kind] >= goal[kind] for kind in KINDS), 240,
              lambda: f"no call of some kind is done any more: {dict(self.done)} of {goal}, {self.failures[-5:]}")

    def forgive(self):
        """What failed while departments were killed, if it was told honestly; it was done at last, or `go_round` would not have ended."""
        told, self.failures = self.failures, []
        for failure in told:
            assert failure[2] in GONE, failure
        return len(told)

    def end(self):
        run(self.office.engine, "kill", "--signal", "TERM", self.office.container("load"))
        assert self.process.wait(300) == 0
        self.reader.join()

    def close(self):
        run(self.office.engine, "rm", "-f", self.office.container("load"), check=False)
        shutil.rmtree(self.folder)

    # ---- what is to be there in the end ----

    def ids_of(self, method, things, name):
        """The numbers N of all that is called load-N."""
        found, token = [], ""
        while True:
            answer = json.loads(self.office.kantor("auditor", "call", method, json.dumps({"pageSize": 1000, "pageToken": token})).stdout)
            found += [int(thing[name][5:]) for thing in answer[things] if thing[name].startswith("load-")]
            token = answer.get("nextPageToken")
            if not token:
                return sorted(found)

    def check(self):
        assert not self.failures, self.failures[:5]
        for book, text in self.texts.items():
            expected = {key: amount * self.done[book] for key, amount in sums_of(text).items()}
            assert trial_balance(self.office, book) == expected, f"the books of {book} are not {self.done[book]} times its file"
        for method, things, kind in (("Parties/ListParties", "parties", "party"), ("Software/ListProducts", "products", "product"),
                                     ("Purchases/ListPurchases", "purchases", "purchase")):
            assert self.ids_of(method, things, kind) == list(range(self.done[kind])), f"{things}: not all, or some twice"
        self.check_processes()

    def check_processes(self):
        """Each purchase has come to where people are to act, and none waits for a decision."""
        def all_there():
            told = self.office.kantor("auditor", "process", "ls", "it", "-o", "csv").stdout
            self.rows = [row for row in csv.DictReader(io.StringIO(told)) if row["subject"].startswith("load-")]
            self.rows = [row for row in self.rows if (row["state"], row["step"]) == ("RUNNING", "approval")]
            return len(self.rows) == self.done["purchase"]
        until(all_there, 60, lambda: f"of {self.done['purchase']} processes {len(self.rows)} have come to their approval")
