#!/usr/bin/python3
"""A backup that was taken under load goes to an office that has nothing, by the two commands of docs/operations.md, and has the root there
that it had when it was taken.

usage: restore_test.py BUILD_DIR
"""
import csv
import io
import re
import shutil
import subprocess
import sys
import threading

from office import ROOT, Office

WRITERS = 2


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


def main():
    restore, verify = commands()
    with Office(sys.argv[1]) as office, Office(sys.argv[1]) as empty:
        backup, before, after = under_load(office)
        empty.run("down")
        shutil.rmtree(empty.home / "data/finance")
        name = backup["path"].rsplit("/", 1)[1]
        shutil.copytree(backup["path"], empty.home / "backups/finance" / name)
        restore[restore.index("--from") + 1] = f"backups/finance/{name}"
        done = subprocess.run([f"{empty.env['KANTOR_BIN']}/cli/kantor", *restore[1:]], cwd=empty.home, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        empty.up()
        said = empty.kantor("--as", "operator", *verify[1:]).stdout
        assert f"nothing differs; journal of {backup['journal_size']} records, root {backup['journal_root']}" in said, (said, backup)
        rows = csv.DictReader(io.StringIO(empty.kantor("finance", "trial-balance", "--book", "acme", "-o", "csv").stdout))
        entries = round(max(float(row["amount"]) for row in rows) * 100) // 5
        assert before <= entries < after, (before, entries, after)
    print(f"{entries} entries of {after} were in the backup, {before} of them acknowledged before it began; root {backup['journal_root'][:16]}")


main()
