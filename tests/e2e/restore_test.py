#!/usr/bin/python3
"""A backup that was taken under load goes to an office that has nothing, by the two commands of docs/operations.md: it begins another epoch
there, and its journal up to then has the root that it had when it was taken.

The command is then killed before each of its calls to the disk, one after the other. What was there is there, under its name or beside it, until
the new store stands whole in its place; and the same command, given again, does it all.

usage: restore_test.py BUILD_DIR MORTAL_SO
"""
import base64
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time

from office import ROOT, Office

WRITERS = 2
DEAD = 137  # mortal.c


def commands():
    """What the runbook says: restore and verify, as lists of words."""
    page = (ROOT / "docs/operations.md").read_text().split("## Backup and restore")[1].split("\n## ")[0]
    found = [line.split("#")[0].split() for line in page.splitlines() if re.match(r"    kantor (restore|verify)", line)]
    assert [words[1] for words in found] == ["restore", "verify"], found
    return found


def post(office, number, stop, posted):
    """Entries one after the other until STOP; POSTED counts those that were acknowledged."""
    while not stop.is_set():
        office.call("PostEntry", {"book": "acme", "entry": {"date": "2026-11-23", "description": f"writer {number}", "lines": [
            {"account": "assets:bank", "commodity": "EUR", "amountMinor": 5}, {"account": "income:sales", "commodity": "EUR", "amountMinor": -5}]}})
        posted.append(number)


def under_load(office):
    """The row that `kantor backup finance` prints, and how many entries were acknowledged before it and after it."""
    office.call("CreateBook", {"book": {"book": "acme", "kind": "COMPANY"}}, who="analyst")
    office.call("OpenAccounts", {"book": "acme", "accounts": [{"account": "assets:bank"}, {"account": "income:sales"}]}, who="analyst")
    stop, posted = threading.Event(), []
    writers = [threading.Thread(target=post, args=(office, n, stop, posted)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        while len(posted) < 20:
            stop.wait(0.01)
            assert all(writer.is_alive() for writer in writers), "a writer failed"
        before = len(posted)
        backup = next(csv.DictReader(io.StringIO(office.kantor("--as", "operator", "backup", "finance", "-o", "csv").stdout)))
        while len(posted) < before + 20:
            stop.wait(0.01)
            assert all(writer.is_alive() for writer in writers), "a writer failed"
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    return backup, before, len(posted)


def followed_by(office, name):
    """Who follows finance goes on with what is there now: another store than the empty one that it followed, and of a later epoch."""
    log, until = office.home / "log" / f"{name}.log", time.monotonic() + 30
    while "event=follows-life department=finance epoch=2" not in log.read_text():
        assert time.monotonic() < until, f"{name} does not follow finance"
        time.sleep(0.02)  # it is for another program to act
    assert "history-differs" not in log.read_text()


def epoch_of(kantor, home, store):
    """The epoch that the next restore of a store would not take: its own."""
    said = subprocess.run([kantor, "restore", "--from", store, "--to", "probe", "-o", "csv"], cwd=home, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr
    shutil.rmtree(home / "probe")
    return int(next(csv.DictReader(io.StringIO(said.stdout)))["epoch"]) - 1


def killed_at_each_step(kantor, home, backup, mortal):
    """HOME/store is of an epoch that no backup has; it is replaced."""
    def restore(*more, dies_at=None):
        env = {**os.environ, **({"LD_PRELOAD": mortal, "KANTOR_DIES_AT": str(dies_at)} if dies_at else {})}
        return subprocess.run([kantor, "restore", "--from", backup["path"], "--to", "store", "-o", "csv", *more], cwd=home, env=env,
                              capture_output=True, text=True, timeout=60)

    first = restore("--epoch", "7")
    assert first.returncode == 0, first.stderr
    assert restore("--replace", "--epoch", "7").returncode == 64, "an epoch that is there already"
    steps, died, epoch = 0, DEAD, 7
    while died == DEAD:
        steps += 1
        whole = {p.name for p in home.iterdir() if p.name.startswith("store.replaced-")}
        died = restore("--replace", dies_at=steps).returncode
        aside = {p.name for p in home.iterdir() if p.name.startswith("store.replaced-")} - whole
        there = (home / "store").exists()
        assert there or aside, f"killed before step {steps}: nothing is left"
        assert epoch_of(kantor, home, aside.pop() if aside else "store") == epoch, f"killed before step {steps}: another store than was there"
        again = restore("--replace", "--epoch", str(epoch + 10)) if died else None
        if again:
            assert again.returncode == 0, (steps, again.stderr)
            row = next(csv.DictReader(io.StringIO(again.stdout)))
            assert (row["journal_root"], row["epoch"]) == (backup["journal_root"], str(epoch + 10)), row
            epoch += 10
            for p in home.glob("store.replaced-*"):
                shutil.rmtree(p)
        assert not list(home.glob("*.restoring*")), "something is left half done"
    assert died == 0 and steps > 10, (died, steps)
    assert epoch_of(kantor, home, "store") == epoch + 1, "one more than the store that was there"
    return steps - 1


def main():
    restore, verify = commands()
    with Office(sys.argv[1]) as office, Office(sys.argv[1]) as empty:
        backup, before, after = under_load(office)
        empty.run("down")
        shutil.rmtree(empty.home / "data/finance")
        name = backup["path"].rsplit("/", 1)[1]
        shutil.copytree(backup["path"], empty.home / "backups/finance" / name)
        restore[restore.index("--from") + 1] = f"backups/finance/{name}"
        done = subprocess.run([f"{empty.env['KANTOR_BIN']}/cli/kantor", *restore[1:], "-o", "csv"], cwd=empty.home, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        restored = next(csv.DictReader(io.StringIO(done.stdout)))
        size, root = backup["journal_size"], backup["journal_root"]
        assert (backup["epoch"], restored["epoch"]) == ("1", "2"), (backup, restored)
        assert (restored["journal_size"], restored["journal_root"]) == (size, root), (restored, backup)
        assert int(restored["size_now"]) == int(size) + 1 and restored["root_now"] != root, restored
        empty.up()
        said = empty.kantor("--as", "operator", *verify[1:]).stdout
        assert f"nothing differs; journal of {restored['size_now']} records, root {restored['root_now']}" in said, (said, restored)
        put_back = next(line for line in said.splitlines() if "put back" in line)
        assert "epoch 2 since" in put_back and f"from backups/finance/{name}, to {size} records, root {root}" in put_back, said
        prove = {"oldSize": int(size), "newSize": int(restored["size_now"])}
        proven = json.loads(empty.kantor("call", "--department", "finance", "Store/Prove", json.dumps(prove)).stdout)
        assert base64.b64decode(proven["oldRoot"]).hex() == root, proven
        assert "epoch=2" in (empty.home / "log" / "finance.log").read_text()
        followed_by(empty, "legal")
        followed_by(empty, "it")
        rows = csv.DictReader(io.StringIO(empty.kantor("finance", "trial-balance", "--book", "acme", "-o", "csv").stdout))
        entries = round(max(float(row["amount"]) for row in rows) * 100) // 5
        assert before <= entries < after, (before, entries, after)
        steps = killed_at_each_step(f"{empty.env['KANTOR_BIN']}/cli/kantor", empty.home, {**backup, "path": f"backups/finance/{name}"}, sys.argv[2])
    print(f"killed at each of {steps} steps")
    print(f"{entries} entries of {after} were in the backup, {before} of them acknowledged before it began; "
          f"root of its {size} records {root}, there and here; epoch {restored['epoch']}")


main()
