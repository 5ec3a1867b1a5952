#!/usr/bin/python3
"""Every program of an office with two brokers is replaced under load, one after the other; then one broker says nothing any more,
one is killed while it says nothing, and so is a department. No call fails, none takes long, and the books hold each entry once.

usage: rolling_test.py BUILD_FOLDER CRASH_LOAD

The load: two clients with many postings and readings in flight each, a person at the command line for each department, who
begins anew with every call, and purchases and hires one after the other, whose steps and events go between the departments.
"""
import json
import signal
import subprocess
import sys
import threading
import time

from departments import DEPARTMENTS, Departments
import story

BOOK = "load"
IN_FLIGHT = 8       # of each client
CLIENTS = 2
FIRST = 1_000_000   # the second client's entries begin here
PROGRESS = 30       # answers to each client, and
ASKED = 2           # to each person, after which the next program is replaced
CALL_S_MAX = 15     # for a department that is away for the time of a start, or a broker that is silent until that is noticed
DRAIN_S_MAX = 5     # far less than a broker's drain-ms: nothing that only waits is waited for
PATIENCE_S = 60


class Rolling(Departments):
    again = ()  # what fails once has failed
    timeout_s = 30
    grace_ms = 5000
    log = "warning"
    children = ()  # whatever happens, they do not outlive the office

    def __exit__(self, kind, error, trace):
        for child in self.children:
            child.kill()
            child.wait()
        super().__exit__(kind, error, trace)

    def begin(self, *command, **more):
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **more)
        self.children = (*self.children, child)
        return child


class Client(threading.Thread):
    """Postings and readings; what became of each."""

    def __init__(self, office, program, number):
        super().__init__(daemon=True)
        self.process = office.begin(program, office.home / "carla.conf", BOOK, str(IN_FLIGHT), str(1 + number * FIRST), "reads",
                                    stdin=subprocess.PIPE)
        self.lines, self.done = [], 0
        self.start()

    def run(self):
        for line in self.process.stdout:
            self.lines.append(line.split())
            self.done += 1

    def finish(self):
        self.process.stdin.close()
        self.join(PATIENCE_S)
        assert self.process.wait(PATIENCE_S) == 0


class Person(threading.Thread):
    """Asks and writes at the command line, again and again."""

    def __init__(self, office, *acts):
        super().__init__(daemon=True)
        self.office, self.acts, self.done, self.ending, self.problems, self.longest_s = office, acts, 0, False, [], 0
        self.start()

    def run(self):
        while not self.ending:
            began = time.monotonic()
            try:
                self.acts[self.done % len(self.acts)](self.office, self.done)
            except BaseException as problem:
                self.problems.append(problem)
                return
            self.longest_s = max(self.longest_s, time.monotonic() - began)
            self.done += 1

    def finish(self):
        self.ending = True
        self.join(PATIENCE_S)
        assert not self.is_alive()


class Follower:
    """kantor events --follow, past everything; what it saw, and what it had to say."""

    def __init__(self, office):
        self.told = open(office.home / "follower.txt", "w+")
        self.process = office.begin(office.bin / "cli" / "kantor", "--config", office.home / "rev.conf", "events", "finance", "--follow",
                                    "-o", "json", stderr=self.told)
        self.sequences = []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.sequences.append(int(json.loads(line)["sequence"]))

    def complaints(self):
        self.told.seek(0)
        return self.told.read()

    def finish(self, last):
        """When it has seen the event LAST."""
        until = time.monotonic() + PATIENCE_S
        while not self.sequences or self.sequences[-1] < last:
            assert time.monotonic() < until and self.process.poll() is None, (self.sequences[-3:], self.complaints())
            time.sleep(0.02)  # it is for another program to act
        self.process.kill()
        self.process.wait()
        self.thread.join()
        assert self.sequences == list(range(1, len(self.sequences) + 1)), self.sequences[-10:]


def read(who, *words):
    return lambda office, number: office.kantor(who, *words)


def play(act):
    """Of every twelve the first, which nobody gives up (story.py)."""
    def one(office, number):
        states[f"{act.__name__}-{number}"] = act(office, 12 * number)
    return one


states = {}


class Load:
    def __init__(self, office, program):
        self.office = office
        self.clients = [Client(office, program, number) for number in range(CLIENTS)]
        self.people = [
            Person(office, read("rev", "finance", "books")),
            Person(office, read("rev", "legal", "parties")),
            Person(office, read("rev", "it", "seats")),
        ]
        self.processes = [Person(office, play(story.purchase)), Person(office, play(story.hire))]

    def check(self):
        problems = [person.problems[0] for person in self.people + self.processes if person.problems]
        assert not problems, problems

    def go_on(self):
        """Until everybody has had so many answers since now."""
        marks = [(one, one.done + (PROGRESS if one in self.clients else ASKED)) for one in self.clients + self.people]
        until = time.monotonic() + PATIENCE_S
        for one, mark in marks:
            while one.done < mark:
                self.check()
                assert time.monotonic() < until, f"{one} got no answers"
                time.sleep(0.02)  # it is for another program to act

    def finish(self):
        for one in self.processes + self.people + self.clients:
            one.finish()
        self.check()


# ---- what is replaced, and how ----

def replace(office, load, name):
    took_s = office.stop(name, PATIENCE_S)
    print(f"{name} ended within {took_s:.2f} s", flush=True)
    assert took_s < DRAIN_S_MAX, f"{name} took {took_s:.1f} s to end"
    office.start(name)
    if name in office.brokers:
        office.await_all_behind(name)
    else:
        office.kantor("otto", "health", name, "--wait", "30")
    load.go_on()


def silence(office, load, name, kill):
    """A stopped process is to its peers what a host is whose network is gone."""
    office.send(name, signal.SIGSTOP)
    load.go_on()
    if kill:
        office.kill(name)
        office.start(name)
    else:
        office.send(name, signal.SIGCONT)
    office.await_all_behind(name)
    load.go_on()
    print(f"{name} said nothing for a while{' and was killed' if kill else ''}", flush=True)


def silence_department(office, load, name):
    """There is one of it: its calls wait until another is there, and go to that one under their keys."""
    office.send(name, signal.SIGSTOP)
    until = time.monotonic() + PATIENCE_S
    for broker in office.brokers:
        while office.try_kantor(f"otto@{broker}", "health", name).returncode == 0:
            assert time.monotonic() < until, f"{broker} does not notice that {name} says nothing"
            time.sleep(0.1)  # it is for the broker to notice
    office.kill(name)
    office.start(name)
    office.kantor("otto", "health", name, "--wait", "30")
    load.go_on()
    print(f"{name} said nothing until it was missed, and another took its place", flush=True)


# ---- what is there in the end ----

def entries(office):
    found, token = {}, ""
    while True:
        page = office.call("rev", "Ledger/ListEntries", book=BOOK, year=story.today().year, pageSize=500, pageToken=token)
        for entry in page["entries"]:
            number = int(entry["description"].removeprefix("n="))
            assert number not in found, f"{number} is in the books twice: {found[number]}, {entry['entry']}"
            found[number] = entry["entry"]
        token = page["nextPageToken"]
        if not token:
            return found


def check_books(office, load):
    lines = [line for client in load.clients for line in client.lines]
    failed = [line for line in lines if line[0] not in "AB"]
    assert not failed, f"{len(failed)} calls failed: {failed[:5]}"
    longest_s = max(int(line[-1]) for line in lines) / 1000
    assert longest_s < CALL_S_MAX, f"a call took {longest_s} s"
    posted = {int(line[1]): line[2] for line in lines if line[0] == "A"}
    assert entries(office) == posted, "the books are not what was acknowledged"
    asked = sum(person.done for person in load.people)
    print(f"{len(lines)} calls and {asked} at the command line, none failed, the longest took {longest_s:.1f} s; "
          f"{len(posted)} entries are in the books once", flush=True)


def check_processes():
    assert {name.split("-")[0] for name in states} == {"purchase", "hire"}, states
    assert set(states.values()) == {"DONE"}, states
    print(f"{len(states)} processes are done", flush=True)


def quiet(office, follower):
    """Nobody complains of what was only replaced."""
    assert not follower.complaints(), follower.complaints()
    for name in DEPARTMENTS:
        told = [line for line in (office.home / f"{name}.log").read_text().splitlines() if "cannot-follow" in line]
        assert not told, told[:3]


def main():
    build, program = sys.argv[1:3]
    with Rolling(build, [f"e-{number}" for number in range(0, 2400, 12)], brokers=2) as office:
        story.open_office(office)
        office.call("ana", "Books/CreateBook", book={"book": BOOK, "kind": "COMPANY"})
        office.call("carla", "Books/OpenAccounts", book=BOOK, accounts=[{"account": "assets:cash"}, {"account": "income:crash"}])
        follower, load = Follower(office), Load(office, program)
        load.go_on()
        began = time.monotonic()
        for name in (*office.brokers, *DEPARTMENTS):
            replace(office, load, name)
        quiet(office, follower)
        print(f"every program was replaced within {time.monotonic() - began:.0f} s", flush=True)
        silence(office, load, "broker", kill=False)
        silence(office, load, "broker-2", kill=True)
        silence_department(office, load, "finance")
        load.finish()
        check_books(office, load)
        check_processes()
        follower.finish(int(office.call("rev", "finance/Feed/ReadEvents", fromSequence=1, max=1)["lastSequence"]))
        print(f"{len(follower.sequences)} events were followed without a gap", flush=True)
        for name in DEPARTMENTS:
            office.kantor("rev", "verify", name)
        office.kantor("rev", "verify", "--witness")
    return 0


if __name__ == "__main__":
    sys.exit(main())
