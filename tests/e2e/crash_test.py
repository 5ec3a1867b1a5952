#!/usr/bin/python3
"""Kills finance, then the broker, with SIGKILL at random moments under load, and holds the books against what was acknowledged.

usage: crash_test.py BUILD_FOLDER CRASH_LOAD [ROUNDS [SEED]]

After every round: each acknowledged entry is in the books once, under the number that was given; an entry of unknown outcome
is there once or not at all; nothing else is there; numbers have no gap; `kantor verify` finds nothing.
"""
import os
import random
import selectors
import subprocess
import sys
import time

from office import Office

BOOK = "crash"
IN_FLIGHT = 24
ACKNOWLEDGED_AFTER = 40  # entries acknowledged after the kill before a round ends


class Load:
    """The running load generator and the lines it has written so far."""

    def __init__(self, program, config, first):
        self.process = subprocess.Popen([program, config, BOOK, str(IN_FLIGHT), str(first)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        self.text = b""

    def acknowledged(self):
        return self.text.count(b"A ")

    def read_for(self, seconds, acknowledged=None):
        """Reads for so long, or until so many entries are acknowledged."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and (acknowledged is None or self.acknowledged() < acknowledged):
            if self.selector.select(max(0, until - time.monotonic())):
                chunk = self.process.stdout.read()
                if chunk == b"":
                    return
                self.text += chunk or b""

    def finish(self):
        self.process.stdin.close()
        self.read_for(60, acknowledged=1 << 60)
        code = self.process.wait(30)
        errors = self.process.stderr.read().decode()
        assert code == 0, f"crash_load ended with {code}: {errors}"
        return [line.split() for line in self.text.decode().splitlines()]


def new_entries(office, after):
    """number of the test -> entry, for all entries with a ledger number above AFTER; and the last ledger number."""
    found, token, last = {}, "", after
    while True:
        page = office.call("Ledger/ListEntries", {"book": BOOK, "year": 2026, "pageSize": 500, "pageToken": token})
        for entry in page.get("entries", []):
            ledger_number = int(entry["entry"].split("-")[1])
            if ledger_number <= after:
                return found, last
            last = max(last, ledger_number)
            number = int(entry["description"].removeprefix("n="))
            assert number not in found, f"{number} is in the books twice: {found[number]}, {entry['entry']}"
            assert [int(line["amountMinor"]) for line in entry["lines"]] == [number % 1000 + 1, -(number % 1000) - 1], entry
            found[number] = entry["entry"]
        token = page.get("nextPageToken", "")
        if not token:
            return found, last


def check(lines, found, first_ledger_number, last_ledger_number):
    acknowledged = {int(line[1]): line[2] for line in lines if line[0] == "A"}
    unknown = {int(line[1]) for line in lines if line[0] == "U"}
    refused = [line for line in lines if line[0] == "R"]
    assert not refused, f"refused: {refused[:5]}"
    for number, entry in acknowledged.items():
        assert found.get(number) == entry, f"{number} was acknowledged as {entry}, the books have {found.get(number)}"
    strange = set(found) - set(acknowledged) - unknown
    assert not strange, f"in the books, but neither acknowledged nor of unknown outcome: {sorted(strange)[:5]}"
    assert len(found) == last_ledger_number - first_ledger_number, "a gap in the numbers"
    return len(acknowledged), len(unknown)


def play(office, program, chance, number, first, after):
    load = Load(program, office.config("clerk"), first)
    victim = "finance" if number % 2 == 0 else "broker"
    load.read_for(20, acknowledged=1)
    load.read_for(chance.uniform(0, 0.12))
    office.kill(victim)
    office.start(victim)
    load.read_for(25, acknowledged=load.acknowledged() + ACKNOWLEDGED_AFTER)
    lines = load.finish()
    found, last = new_entries(office, after)
    counts = check(lines, found, after, last)
    verified = office.kantor("verify", "finance", check=False)
    assert verified.returncode == 0, f"verify: {verified.stdout}{verified.stderr}"
    return victim, counts, max(int(line[1]) for line in lines) + 1, last


def main():
    build, program = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.SystemRandom().randrange(1 << 32)
    print(f"{rounds} rounds, seed {seed}", flush=True)
    chance = random.Random(seed)
    with Office(build) as office:
        office.call("Books/CreateBook", {"book": {"book": BOOK, "kind": "COMPANY"}})
        office.call("Books/OpenAccounts", {"book": BOOK, "accounts": [{"account": "assets:cash"}, {"account": "income:crash"}]})
        first, after, acknowledged, unknown = 1, 0, 0, 0
        for number in range(rounds):
            victim, counts, first, after = play(office, program, chance, number, first, after)
            acknowledged += counts[0]
            unknown += counts[1]
            if number % 20 == 19 or number == rounds - 1:
                print(f"round {number + 1}: {acknowledged} acknowledged, {unknown} of unknown outcome, all accounted for", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
