#!/usr/bin/python3
"""The three departments as real programs, each of them in trouble in turn.

usage: departments_test.py BUILD_FOLDER ONE_WRITE TAMPER

One that is killed: the other two serve on, its callers are told the truth, processes wait and go on when it is back. A record
that was changed past the journal is found by `kantor verify`. A store that was put back to an earlier copy verifies, and is
named by `kantor verify --witness`.
"""
import csv
import shutil
import signal
import subprocess
import sys
import time

from departments import DATA_LOSS, DEADLINE_EXCEEDED, DEPARTMENTS, UNAVAILABLE, Departments, new_key
import story

WRITER = {"finance": "ana", "it": "erik", "legal": "olga"}
READS = {"finance": ("finance", "books"), "it": ("it", "seats"), "legal": ("legal", "parties")}
# Tables of facts in which the story leaves something.
TABLES = {
    "finance": ("book", "account", "cost_centre", "budget", "reservation", "schedule", "payable", "headcount", "employee"),
    "it": ("product", "licence", "seat", "account", "asset", "purchase", "process"),
    "legal": ("party", "contract", "contract_version", "contract_approval", "employee", "policy", "task", "hire"),
}


class Test:
    def __init__(self, build, one_write, tamper):
        self.build, self.one_write, self.tamper_program = build, one_write, tamper

    def office(self):
        return Departments(self.build, ("e-0", "e-1"))

    # ---- one is away ----

    def begin_write(self, office, name, thing, key, timeout_ms, *once):
        command = [self.one_write, office.home / f"{WRITER[name]}.conf", name, thing, key, str(timeout_ms), *once]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def write(self, office, name, thing, key=None, *once):
        """(code, reason, known or unknown, new or replayed)"""
        return self.begin_write(office, name, thing, key or new_key(), 5000, *once).communicate(timeout=60)[0].split()

    def others_serve(self, office, away):
        for name in DEPARTMENTS:
            if name != away:
                assert self.write(office, name, f"while-{away}-is-away") == ["OK", "-", "known", "new"], name
                office.kantor("rev", *READS[name])

    def callers_are_told(self, office, away):
        told = self.write(office, away, "never-sent", None, "once")
        assert told == ["UNAVAILABLE", "NO_INSTANCE", "known", "new"], told
        read = office.try_kantor("rev", *READS[away], timeout=2)  # it waits for it to come back
        assert read.returncode in (UNAVAILABLE, DEADLINE_EXCEEDED) and "not known" not in read.stderr, read
        health = office.try_kantor("otto", "health", "-o", "csv")
        expected = {name: "NOT_SERVING" if name == away else "SERVING" for name in DEPARTMENTS}
        assert health.returncode == UNAVAILABLE and dict(csv.reader(health.stdout.splitlines()[1:])) == expected, health
        seen = office.try_kantor("rev", "verify", "--witness")
        assert seen.returncode == UNAVAILABLE and f"{away}: it is not running" in seen.stderr, seen

    def killed_over_a_write(self, office, name):
        """Its caller hears that the outcome is unknown, and the same key finds out, with one effect."""
        for attempt in range(1, 6):
            key, thing = new_key(), f"in-doubt-{attempt}"
            office.send(name, signal.SIGSTOP)
            writing = self.begin_write(office, name, thing, key, 3000)
            time.sleep(0.1 * attempt)  # nobody tells when the broker has given the call to it
            office.kill(name)
            told = writing.communicate(timeout=60)[0].split()
            assert told[0] in ("UNAVAILABLE", "DEADLINE_EXCEEDED"), told
            if told[2] == "unknown":
                return thing, key
            office.start(name)
            office.kantor("otto", "health", name, "--wait", "30")
        raise AssertionError(f"{name}: no call was inside when it was killed")

    def found_out(self, office, name, thing, key):
        told = self.write(office, name, thing, key)
        assert told[:3] == ["OK", "-", "known"], told
        assert self.write(office, name, thing, key) == ["OK", "-", "known", "replayed"]
        assert self.write(office, name, thing)[0] == "ALREADY_EXISTS"

    def one_away(self):
        with self.office() as office:
            story.open_office(office)
            for number, away in enumerate(DEPARTMENTS):
                thing, key = self.killed_over_a_write(office, away)
                purchase, hire = f"p-{away}", f"h-{away}"
                others = [name for name in ("it", "legal") if name != away]
                processes = {}
                if "it" in others:
                    processes["it"] = story.request_purchase(office, purchase)
                if "legal" in others:
                    processes["legal"] = story.start_hire(office, hire, f"away-{number}")
                self.others_serve(office, away)
                self.callers_are_told(office, away)
                for owner, process in processes.items():
                    got = office.call("rev", f"{owner}/Processes/GetProcess", process=process)
                    assert got["process"]["state"] == "RUNNING", got
                    step = got["steps"][got["process"]["step"]]
                    assert step["department"] == away, (away, step)
                office.start(away)
                office.kantor("otto", "health", away, "--wait", "30")
                self.found_out(office, away, thing, key)
                for owner, contract in (("it", purchase), ("legal", hire)):
                    if owner in processes:
                        story.drafted(office, contract)
                        story.give_up(office, contract)
                        assert story.ended(office, owner, processes[owner]) == "REJECTED"
                print(f"{away} was away", flush=True)
            for name in DEPARTMENTS:
                office.kantor("rev", "verify", name)
            office.kantor("rev", "verify", "--witness")

    # ---- changed past the journal ----

    def tamper(self, office, name, table):
        subprocess.run([self.tamper_program, name, office.store(name), table], check=True)

    def restart(self, office, name, change):
        office.kill(name)
        change()
        office.start(name)
        office.kantor("otto", "health", name, "--wait", "30")

    def tampered(self):
        with self.office() as office:
            story.open_office(office)
            assert story.purchase(office, 0) == "DONE"
            assert story.hire(office, 0) == "DONE"
            for name in DEPARTMENTS:
                for table in TABLES[name]:
                    self.restart(office, name, lambda: self.tamper(office, name, table))
                    said = office.try_kantor("rev", "verify", name, "-o", "csv")
                    assert said.returncode == DATA_LOSS and f"\n{table}," in said.stdout, (name, table, said)
                    office.kill(name)
                    self.tamper(office, name, table)
                    office.start(name)
                office.kantor("otto", "health", name, "--wait", "30")
                office.kantor("rev", "verify", name)
                print(f"{name}: {len(TABLES[name])} changed records found", flush=True)

    # ---- put back ----

    def put_back(self, name):
        with self.office() as office:
            store, yesterday = office.store(name), office.home / "yesterday"
            story.open_office(office)
            assert story.purchase(office, 0) == "DONE"
            self.restart(office, name, lambda: shutil.copytree(store, yesterday))
            assert story.purchase(office, 1) == "DONE"
            assert story.hire(office, 1) == "DONE"
            office.kantor("rev", "verify", "--witness")

            def exchange():
                shutil.rmtree(store)
                yesterday.rename(store)

            self.restart(office, name, exchange)
            office.kantor("rev", "verify", name)  # in itself it is sound
            said = office.try_kantor("rev", "verify", "--witness", "-o", "csv")
            assert said.returncode == DATA_LOSS, said
            named = {line.split(":")[1].strip() for line in said.stderr.splitlines() if "its history is not" in line}
            assert named == {name}, said
            print(f"{name}: put back, and named", flush=True)

    def run(self):
        self.one_away()
        self.tampered()
        for name in DEPARTMENTS:
            self.put_back(name)


if __name__ == "__main__":
    Test(*sys.argv[1:]).run()
