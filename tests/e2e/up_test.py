#!/usr/bin/python3
"""deploy/up, down and kantor as a newcomer types them: twice, with two offices, after kill -9, after a half-finished start.

usage: up_test.py BUILD_FOLDER
"""
import filecmp
import pathlib
import subprocess
import sys
import tempfile

from office import ROOT, Office


def balances(office):
    return {book: office.kantor("finance", "trial-balance", "--book", book, "--output", "csv").stdout for book in ("company", "sari-rasa")}


def first_and_second_run(office):
    before = balances(office)
    assert all(len(text.splitlines()) > 8 for text in before.values()), before
    pids = office.pid("broker"), office.pid("finance")
    again = office.up().stdout
    assert balances(office) == before, "a second run changed a balance"
    assert (office.pid("broker"), office.pid("finance")) == pids, "a second run started something again"
    assert "Trial balance of company" in again and "Trial balance of sari-rasa" in again, again


def apart(office, build):
    with Office(build) as other:
        assert other.pid("broker") != office.pid("broker")
        assert "company" not in other.kantor("finance", "books", "--output", "csv").stdout
        other.run("down")
        assert office.kantor("health", "finance").returncode == 0, "closing one office closed the other"


def after_kill(office):
    before = balances(office)
    for name in ("finance", "broker"):
        office.kill(name)
    office.up()
    assert balances(office) == before
    assert office.kantor("verify", "finance").returncode == 0


def down_twice(office):
    office.run("down")
    office.run("down")
    assert not list((office.home / "run").glob("*.pid"))
    (office.home / "run" / "finance.pid").write_text("1\n")  # a stale number that another process has now
    office.up()
    assert office.kantor("health", "finance").returncode == 0


def refusals(office):
    rows = [
        (["kantor", "--as", "nobody", "health"], "no principal nobody"),
        (["up", "--colour"], "usage:"),
        (["down", "--colour"], "usage:"),
    ]
    for (script, *arguments), words in rows:
        done = office.run(script, *arguments, check=False)
        assert done.returncode != 0 and words in done.stdout + done.stderr, (script, arguments, done)
    with tempfile.TemporaryDirectory() as nowhere:
        done = subprocess.run([str(ROOT / "deploy" / "kantor"), "--home", nowhere, "health"], capture_output=True, text=True,
                              env=office.env, check=False)
        assert done.returncode != 0 and "no office" in done.stderr, done


def sample_is_current():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, str(ROOT / "deploy/sample/make.py"), folder], check=True, capture_output=True)
        for name in ("company.csv", "client.csv"):
            assert filecmp.cmp(pathlib.Path(folder) / name, ROOT / "deploy/sample" / name, shallow=False), f"{name} is not what make.py makes"


def main():
    sample_is_current()
    with Office(sys.argv[1], sample=True) as office:
        first_and_second_run(office)
        print("a second run changes nothing", flush=True)
        apart(office, sys.argv[1])
        print("two offices are apart", flush=True)
        after_kill(office)
        print("kill -9 of both loses nothing", flush=True)
        down_twice(office)
        refusals(office)
        print("down twice, stale process files, refusals", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
