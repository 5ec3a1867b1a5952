#!/usr/bin/python3
"""Books come in: files of plain-text accounting are imported, again, after a kill, with bad lines; balances are what they were.

usage: import_test.py BUILD_FOLDER
The files of ../shared/data/ledger are taken as well, where they are.
"""
import collections
import csv
import decimal
import io
import random
import signal
import subprocess
import sys
import time

import office

HEADER = ["txnidx", "date", "date2", "status", "code", "description", "comment", "account", "amount", "commodity", "credit",
          "debit", "posting-status", "posting-comment"]


def rows_of(entries):
    """CSV text as hledger writes it. ENTRIES: (date, description, [(account, amount, commodity)])."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(HEADER)
    for number, (date, description, lines) in enumerate(entries, 1):
        for account, amount, commodity in lines:
            writer.writerow([number, date, "", "", "", description, "", account, amount, commodity, "", "", "", ""])
    return out.getvalue()


def number(text):
    return decimal.Decimal(text.replace(",", ".") if text.count(",") == 1 else text)


def balances_of(text):
    sums = collections.defaultdict(decimal.Decimal)
    for row in csv.DictReader(line for line in text.splitlines(True) if not line.startswith("#")):
        sums[row["account"], row["commodity"]] += number(row["amount"])
    return {key: value for key, value in sums.items() if value}


class Books:
    def __init__(self, place):
        self.place = place

    def bring_in(self, book, text, *options, code=0):
        done = self.place.kantor("finance", "import", "--book", book, "--output", "csv", *options, "-", input=text,
                                 check=False)
        if done.returncode != code:
            raise AssertionError(f"import into {book}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        counts = next(csv.DictReader(io.StringIO(done.stdout))) if done.stdout else {}
        return {name: int(value) for name, value in counts.items()}, done.stderr

    def balances(self, book):
        return balances_of(self.place.kantor("finance", "trial-balance", "--book", book, "--output", "csv").stdout)

    def same(self, book, text):
        expected, got = balances_of(text), self.balances(book)
        differ = [(k, expected.get(k), got.get(k)) for k in set(expected) | set(got) if expected.get(k) != got.get(k)]
        assert not differ, f"{book}: {differ[:5]}"


def shared_files(books):
    folder = office.SHARED / "data" / "ledger"
    files = sorted(folder.glob("*.postings.csv"))
    for place, file in enumerate(files):
        text = file.read_text()
        first, _ = books.bring_in(f"shared-{place}", text)
        again, _ = books.bring_in(f"shared-{place}", text)
        assert first["posted"] == first["read"] and again["posted"] == 0 and again["there"] == first["read"], file
        books.same(f"shared-{place}", file.with_name(file.name.replace("postings", "expected")).read_text())
    print(f"{len(files)} files of {folder}" if files else f"SKIPPED: {folder} is not there")


def odd_features(books):
    text = rows_of([
        ("2026-01-01", "two commodities", [("Assets:Wallet", "1.12345678", "BTC"), ("Equity:Opening", "-16500,55", "EUR")]),
        ("2026-01-02", "a split, at cost", [("Assets:Broker", "-10", "AAPL"), ("Assets:Broker", "20", "AAPL")]),
        ("2026-01-03", "no commodity", [("a", "5", ""), ("b", "-5", "")]),
        ("2026-01-04", "virtual", [("(budget:food)", "50", "EUR"), ("[savings]", "7", "$"), ("[cash]", "-7", "$")]),
        ("2026-01-05", "zero", [("a", "0", ""), ("b", "0.00", "EUR")]),
        ("2026-01-06", "eighteen places", [("e", "3.000000000000000001", "ETH"), ("f", "-3.000000000000000001", "ETH")]),
        ("2026-01-07", "names", [("Расходы:Еда и вода", "100", "₽"), ("资产:现金", "-100", "₽")]),
        ("2026-01-07", "quoted", [("x", "3", "ACME, Inc. 2020"), ("y", "-36", "$")]),
        ("2026-01-08", "coffee", [("x", "2.50", "EUR"), ("y", "-2.50", "EUR")]),
        ("2026-01-08", "coffee", [("x", "2.50", "EUR"), ("y", "-2.50", "EUR")]),
        ("2026-01-09", "the ledger's own", [("x", "9", "EUR"), ("equity:trading:EUR", "-9", "EUR"), ("y", "-10", "$"),
                                            ("equity:trading:USD", "10", "$")]),
    ])
    counts, said = books.bring_in("odd", text)
    assert (counts["posted"], counts["empty"], counts["refused"]) == (10, 1, 0), (counts, said)
    assert "a new book" in said, said
    books.same("odd", "".join(line for line in text.splitlines(True) if "equity:trading" not in line))
    counts, _ = books.bring_in("odd", text)
    assert counts["posted"] == 0 and counts["there"] == 10, counts
    assert books.place.kantor("finance", "accounts", "--book", "odd", "--account", "Assets").returncode == 0


def bad_lines(books):
    good = ("2026-02-01", "good", [("x", "1.00", "EUR"), ("y", "-1.00", "EUR")])
    late = ("2026-02-02", "late", [("x", "2.00", "EUR"), ("y", "-2.00", "EUR")])
    wrong = ("2026-02-03", "wrong", [("x", "3.00", "EUR"), ("y", "-3.10", "EUR")])
    counts, said = books.bring_in("bad", rows_of([good, wrong, late]), code=3)
    assert (counts["posted"], counts["refused"]) == (2, 1) and "standard input:4: does not balance" in said, said
    books.same("bad", rows_of([good, late]))
    lines = rows_of([good, late]).splitlines(True)
    broken = "".join(lines[:-1]) + lines[-1].replace('"-2.00"', '"-2.00')
    counts, said = books.bring_in("broken", broken, code=3)
    assert not counts and "standard input:5: " in said, said
    done = books.place.kantor("finance", "trial-balance", "--book", "broken", check=False)
    assert done.returncode == 5 and "BOOK_UNKNOWN" in done.stderr, "nothing of a broken file is posted"
    books.place.call("Books/OpenPeriod", {"book": "bad", "period": "2026-03"}, who="analyst")
    books.place.call("Books/ClosePeriod", {"book": "bad", "period": "2026-03"}, who="analyst")
    closed = ("2026-03-01", "closed", [("x", "4.00", "EUR"), ("y", "-4.00", "EUR")])
    counts, said = books.bring_in("bad", rows_of([good, closed]), code=9)
    assert (counts["there"], counts["refused"]) == (1, 1) and "standard input:4: PERIOD_CLOSED" in said, said


def after_a_kill(books):
    seed = 20261123
    chance = random.Random(seed)
    entries = []
    for i in range(6000):
        amount = decimal.Decimal(chance.randrange(1, 10**6)) / 100
        a, b = chance.sample(range(300), 2)
        entries.append((f"2026-{i % 12 + 1:02}-{i % 28 + 1:02}", f"sale {i % 50}",
                        [(f"assets:a{a}", f"{amount}", "EUR"), (f"income:b{b}", f"{-amount}", "EUR")]))
    text = rows_of(entries)
    command = [str(office.ROOT / "deploy" / "kantor"), "--home", str(books.place.home), "finance", "import", "--book", "killed", "-"]
    run = subprocess.Popen(command, stdin=subprocess.PIPE, env=books.place.env, text=True, stdout=subprocess.DEVNULL)
    run.stdin.write(text)
    run.stdin.close()
    until = time.monotonic() + 20
    while time.monotonic() < until:
        done = books.place.kantor("finance", "balance", "--book", "killed", "--account", "assets", "--children", check=False)
        if run.poll() is not None or (done.returncode == 0 and "EUR" in done.stdout):
            break
    run.send_signal(signal.SIGKILL)
    run.wait()
    counts, _ = books.bring_in("killed", text)
    assert counts["posted"] + counts["there"] == len(entries) and counts["refused"] == 0, (seed, counts)
    books.same("killed", text)
    print(f"killed after {counts['there']} of {len(entries)} entries, seed {seed}")


def main():
    with office.Office(sys.argv[1]) as place:
        books = Books(place)
        odd_features(books)
        bad_lines(books)
        after_a_kill(books)
        shared_files(books)
        place.kantor("--as", "operator", "verify", "finance")


if __name__ == "__main__":
    main()
