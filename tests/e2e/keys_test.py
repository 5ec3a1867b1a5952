#!/usr/bin/python3
"""Rotates every kind of key in an office of two brokers under load, as kantor-broker.conf(5) says, and no call fails: a front
office's, a department's, an operator's, a broker's own. Reloads in between, good, bad and a hundred at once. Then takes the front
office's key away: the next call on the open connection is refused, and the books are what was acknowledged.

usage: keys_test.py BUILD_FOLDER CRASH_LOAD
"""
import collections
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

BOOK, IN_FLIGHT, MORE = "crash", 4, 100  # MORE: acknowledged entries that show that the load goes on
BROKERS = ("east", "west")
PEOPLE = {"shop": "finance.clerk", "ana": "finance.analyst", "otto": "it.operator"}
UNAUTHENTICATED = 16
WAIT_S = 60


class Lines:
    """The lines of a stream, read by a thread."""

    def __init__(self, stream):
        self.lines, self.firsts, self.ended = [], collections.Counter(), False
        self.changed = threading.Condition()
        threading.Thread(target=self.read, args=(stream,), daemon=True).start()

    def read(self, stream):
        for line in stream:
            with self.changed:
                self.lines.append(line)
                self.firsts[line.split(" ", 1)[0]] += 1
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait(self, wanted, what):
        with self.changed:
            if not self.changed.wait_for(lambda: wanted(self) or self.ended, WAIT_S) or not wanted(self):
                raise AssertionError(f"never came: {what}; the last lines are\n{''.join(self.lines[-5:])}")


class Program:
    """A process of the office with what it logs."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.log = Lines(self.process.stderr)

    def reload(self, event, *words):
        """SIGHUP, and waits for the line EVENT with WORDS that comes of it."""
        with self.log.changed:
            seen = len(self.log.lines)
        self.process.send_signal(signal.SIGHUP)
        self.log.wait(lambda log: any(f"event={event} " in line and all(word in line for word in words) for line in log.lines[seen:]),
                      f"event={event} {' '.join(words)}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(WAIT_S) == 0, f"ended with {self.process.returncode}\n{''.join(self.log.lines[-5:])}"


class Load:
    """crash_load, which posts without a pause over one connection."""

    def __init__(self, program, config, first):
        self.process = subprocess.Popen([program, config, BOOK, str(IN_FLIGHT), str(first)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.out = Lines(self.process.stdout)

    def goes_on(self, more=MORE):
        """Until so many more are acknowledged; none may have failed."""
        until = self.out.firsts["A"] + more
        self.out.wait(lambda out: out.firsts["A"] >= until or out.firsts["R"] + out.firsts["U"] > 0, f"{more} more acknowledged")
        self.assert_whole()

    def assert_whole(self):
        failed = [line for line in self.out.lines if not line.startswith("A ")]
        assert not failed, f"{len(failed)} calls failed: {failed[:5]}"

    def finish(self):
        self.process.stdin.close()
        assert self.process.wait(WAIT_S) == 0
        self.out.wait(lambda out: out.ended, "the end")
        return [line.split() for line in self.out.lines]


class Office:
    def __init__(self, build, load):
        self.bin, self.load = pathlib.Path(build).resolve() / "services", load
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="kantor-keys-"))
        self.running = {}

    def __enter__(self):
        self.home.chmod(0o700)
        for name in (*BROKERS, *PEOPLE, "finance"):
            self.keys("new", name)
        self.list_principals()
        self.point_to_brokers()
        for name in (*BROKERS, "finance"):
            self.start(name)
        self.await_finance()
        return self

    def __exit__(self, kind, error, trace):
        for name, program in self.running.items():
            program.process.kill()
            program.process.wait()
            if kind:
                print(f"--- {name}\n{''.join(program.log.lines[-20:])}", file=sys.stderr)
        shutil.rmtree(self.home, ignore_errors=True)

    # ---- files ----

    def keys(self, *words):
        return subprocess.run([self.bin / "cli/kantor", "keys", *words, "--dir", self.home], check=True, capture_output=True, text=True).stdout

    def list_principals(self, rotated=None, without=None, more=""):
        """The configuration of both brokers: with a next-key for ROTATED, without the principal WITHOUT."""
        lines = ["principals"]
        for name, roles in {**PEOPLE, "finance": "department"}.items():
            if name == without:
                continue
            lines += [f"    {name}", f'        key = "{name}.key"', f'        roles = "{roles}"']
            if name == rotated:
                lines.append(f'        next-key = "{name}.next.key"')
            if name == "finance":
                lines.append('        serves = "finance"')
        for broker in BROKERS:
            text = "\n".join([f'clients = "ipc://{self.home}/{broker}.c"', f'services = "ipc://{self.home}/{broker}.s"',
                              f'key = "{broker}.key_secret"', *lines, more, ""])
            (self.home / f"{broker}.conf").write_text(text)

    def point_to_brokers(self, *entries):
        """The configurations of all others; ENTRIES: (broker, file of its public key)."""
        entries = entries or tuple((broker, f"{broker}.key") for broker in BROKERS)
        for name in PEOPLE:
            self.point(name, name, entries)
        for broker in BROKERS:  # through one of them alone
            self.point(f"otto-{broker}", "otto", [(broker, f"{broker}.key")])
        text = 'certificate = "finance.key_secret"\nstore\n    path = "data"\n    log = 1M\n'
        for broker, key in entries:
            text += (f'broker\n    endpoint = "ipc://{self.home}/{broker}.s"\n    clients = "ipc://{self.home}/{broker}.c"\n'
                     f'    certificate = "{key}"\n')
        (self.home / "finance.conf").write_text(text)

    def point(self, name, who, entries):
        text = f'client\n    certificate = "{who}.key_secret"\n'
        for broker, key in entries:
            text += f'broker\n    endpoint = "ipc://{self.home}/{broker}.c"\n    certificate = "{key}"\n'
        (self.home / f"{name}.conf").write_text(text)

    # ---- programs ----

    def start(self, name):
        program = self.bin / name / f"kantor-{name}" if name == "finance" else self.bin / "broker/kantor-broker"
        self.running[name] = Program(program, "--config", self.home / f"{name}.conf")
        if name in BROKERS:
            self.running[name].log.wait(lambda log: any("event=started " in line for line in log.lines), f"{name} started")

    def replace(self, name):
        self.running[name].stop()
        self.start(name)

    def await_finance(self, brokers=BROKERS):
        for broker in brokers:
            self.kantor(f"otto-{broker}", "health", "finance", "--wait", "30")

    def reload_brokers(self, event="reloaded", *words):
        for broker in BROKERS:
            self.running[broker].reload(event, *words)

    def begin(self, first):
        load = Load(self.load, str(self.home / "shop.conf"), first)
        load.goes_on()
        return load

    # ---- calls ----

    def try_kantor(self, who, *words):
        return subprocess.run([self.bin / "cli/kantor", "--config", self.home / f"{who}.conf", *words], capture_output=True, text=True, timeout=90)

    def kantor(self, who, *words):
        done = self.try_kantor(who, *words)
        assert done.returncode == 0, f"{who} {words}: {done.returncode} {done.stdout}{done.stderr}"
        return done.stdout

    def call(self, who, method, **request):
        return json.loads(self.kantor(who, "call", "-q", method, json.dumps(request)))

    def callers(self, principal, place):
        """Connections of callers, at all brokers, with the key of PRINCIPAL that stands in PLACE."""
        rows = [row for broker in BROKERS for row in json.loads(self.kantor(f"otto-{broker}", "keys", "ls", "-o", "json"))]
        return sum(row["callers"] for row in rows if (row["principal"], row["place"]) == (principal, place))

    def entries(self):
        """number of the test -> entry, of all that are in the books."""
        found, token = {}, ""
        while True:
            page = self.call("ana", "Ledger/ListEntries", book=BOOK, year=2026, pageSize=500, pageToken=token)
            for entry in page.get("entries", []):
                number = int(entry["description"].removeprefix("n="))
                assert number not in found, f"{number} is in the books twice"
                found[number] = entry["entry"]
            token = page.get("nextPageToken", "")
            if not token:
                return found


def rotate_the_front_offices(office, load):
    office.keys("rotate", "shop")
    office.list_principals(rotated="shop")
    office.reload_brokers("reloaded", "keys=5")
    load.goes_on()
    assert office.callers("shop", "key") > 0 and office.callers("shop", "next-key") == 0
    office.keys("rotate", "shop", "--swap")
    office.reload_brokers()  # who is where is read from the files
    after = office.begin(1_000_000)  # the caller's new process, while the old one still works
    assert office.callers("shop", "key") > 0 and office.callers("shop", "next-key") > 0
    done = load.finish()
    load.assert_whole()
    office.list_principals()
    office.reload_brokers("reloaded", "keys=4", "calls_ended=0")
    office.keys("rotate", "shop", "--end")
    after.goes_on()
    return after, done


def reload_again_and_again(office, load):
    office.list_principals(more="nonsense = 1")
    office.reload_brokers("reload-refused", "nonsense")
    office.list_principals(more='metrics = "127.0.0.1:0"')
    office.reload_brokers("reload-in-part", "unchanged=metrics ")
    office.list_principals(more="limits\n    calls = 70000\n    queued = 1000\nlog = debug")
    office.reload_brokers()
    load.goes_on()
    office.list_principals()
    for _ in range(100):
        for program in office.running.values():
            program.process.send_signal(signal.SIGHUP)
    office.reload_brokers("reloaded", "calls_ended=0", "instances_barred=0")
    office.running["finance"].reload("reloaded")
    load.goes_on()


def rotate_the_departments(office, load):
    office.keys("rotate", "finance")
    office.list_principals(rotated="finance")
    office.reload_brokers()
    office.keys("rotate", "finance", "--swap")
    office.replace("finance")
    office.await_finance()
    load.goes_on()
    office.list_principals()
    office.reload_brokers("reloaded", "calls_ended=0")
    office.keys("rotate", "finance", "--end")
    load.goes_on()


def rotate_the_operators(office, load):
    office.keys("rotate", "otto")
    office.list_principals(rotated="otto")
    office.reload_brokers("key-added", "principal=otto place=next-key")
    office.kantor("otto", "services")
    office.keys("rotate", "otto", "--swap")
    office.kantor("otto", "services")
    office.list_principals()
    office.reload_brokers()
    done = office.try_kantor("otto", "services")
    assert done.returncode == 0, done.stderr
    secret = office.home / "old.key_secret"  # what is in the next one's place now
    secret.write_text((office.home / "otto.next.key_secret").read_text())
    secret.chmod(0o600)
    office.point("old", "old", [("east", "east.key")])
    refused = office.try_kantor("old", "services")
    assert refused.returncode == UNAUTHENTICATED, f"{refused.returncode}: {refused.stderr}"
    office.keys("rotate", "otto", "--end")
    load.goes_on()


def rotate_a_brokers(office, load):
    """East's own key. Everybody gets both of its keys first; what is right is what answers."""
    office.keys("rotate", "east")
    office.point_to_brokers(("east", "east.key"), ("east", "east.next.key"), ("west", "west.key"))
    office.replace("finance")
    office.await_finance()
    after = office.begin(2_000_000)
    done = load.finish()
    load.assert_whole()
    office.keys("rotate", "east", "--swap")
    office.replace("east")
    office.await_finance()
    after.goes_on()
    office.running["west"].stop()  # so that all goes through east, under its new key
    after.goes_on()
    office.start("west")
    office.await_finance()
    office.point_to_brokers()
    office.running["finance"].reload("reload-in-part", "unchanged=broker ")
    office.keys("rotate", "east", "--end")
    after.goes_on()
    return after, done


def revoke(office, load):
    """The front office's key goes while its connection is open and calls are inside."""
    office.list_principals(without="shop")
    office.reload_brokers("key-removed", "principal=shop place=key")
    load.out.wait(lambda out: out.firsts["R"] > MORE, "calls that are refused")
    lines = load.finish()
    refused = {tuple(line[2:]) for line in lines if line[0] == "R"}
    assert refused == {("UNAUTHENTICATED", "UNKNOWN_PRINCIPAL")}, refused
    first = next(place for place, line in enumerate(lines) if line[0] != "A")
    assert all(line[0] != "A" for line in lines[first + IN_FLIGHT:]), "a call went through after it was refused"
    again = office.try_kantor("shop", "services")
    assert again.returncode == UNAUTHENTICATED, f"{again.returncode}: {again.stderr}"
    return lines


def check(office, lines):
    acknowledged = {int(line[1]): line[2] for line in lines if line[0] == "A"}
    unknown = {int(line[1]) for line in lines if line[0] == "U"}
    found = office.entries()
    for number, entry in acknowledged.items():
        assert found.get(number) == entry, f"{number} was acknowledged as {entry}, the books have {found.get(number)}"
    strange = set(found) - set(acknowledged) - unknown
    assert not strange, f"in the books, but refused or never sent: {sorted(strange)[:5]}"
    office.kantor("otto", "verify", "finance")
    return len(acknowledged), len(unknown)


def main():
    with Office(*sys.argv[1:3]) as office:
        office.call("ana", "Books/CreateBook", book={"book": BOOK, "kind": "COMPANY"})
        office.call("ana", "Books/OpenAccounts", book=BOOK, accounts=[{"account": "assets:cash"}, {"account": "income:crash"}])
        load = office.begin(1)
        load, lines = rotate_the_front_offices(office, load)
        reload_again_and_again(office, load)
        rotate_the_departments(office, load)
        rotate_the_operators(office, load)
        load, more = rotate_a_brokers(office, load)
        lines += more + revoke(office, load)
        acknowledged, unknown = check(office, lines)
    print(f"four keys rotated, one taken away: {acknowledged} entries acknowledged, {unknown} of unknown outcome, all accounted for")
    return 0


sys.exit(main())
