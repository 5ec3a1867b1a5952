#!/usr/bin/python3
"""deploy/up, down and kantor as a newcomer types them: twice, with two offices, after kill -9, after a half-finished start, and over an
office that an earlier version made.

usage: up_test.py BUILD_FOLDER
"""
import filecmp
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from office import ROOT, Office


NAMES = ("broker", "finance", "legal", "it")
DEPARTMENTS = NAMES[1:]


def balances(office):
    return {book: office.kantor("finance", "trial-balance", "--book", book, "--output", "csv").stdout for book in ("company", "sari-rasa")}


def processes(office):
    """Every process by type: its id, subject and state, and what was done of it."""
    found = {}
    for department in ("legal", "it"):
        for process in office.call(f"{department}/Processes/ListProcesses", {}, who="auditor").get("processes", []):
            got = office.call(f"{department}/Processes/GetProcess", {"process": process["process"]}, who="auditor")
            done = [entry["step"] for entry in got["timeline"] if entry["kind"] == "STEP_DONE"]
            assert process["type"] not in found, f"a second {process['type']} was started"
            found[process["type"]] = (process["process"], process["subject"], process["state"], done)
    return found


def serving(office):
    return [row["department"] for row in json.loads(office.kantor("health", "--output", "json").stdout) if row["status"] == "SERVING"]


def sample_crosses_departments(office):
    played = processes(office)
    _, subject, state, done = played["procure-to-pay"]
    assert (subject, state, done[-1]) == ("garis-licences", "RUNNING", "assign-seats"), played  # the second instalment is to come
    _, subject, state, done = played["hire"]
    assert (subject, state, done[-1]) == ("hire-dian", "DONE", "open-account"), played
    schedule = office.call("Payables/GetSchedule", {"schedule": "garis-licences"})
    assert [line["state"] for line in schedule["lines"]] == ["PAYABLE_PAID", "PAYABLE_OPEN"], schedule
    assert office.call("Accounts/GetAccount", {"employee": "dian"})["status"] == "ACCOUNT_OPEN"
    approvals = office.call("Contracts/ListApprovals", {"contract": "hire-dian"}, who="officer")["approvals"]
    assert {(a["level"], a["approver"]) for a in approvals} == {("OFFICER", "counsel"), ("FINANCE", "analyst"), ("CEO", "ceo")}, approvals
    for department in DEPARTMENTS:
        assert "nothing differs" in office.kantor("verify", department).stdout
    office.kantor("verify", "--witness")


def first_and_second_run(office):
    assert serving(office) == sorted(DEPARTMENTS)
    before, played = balances(office), processes(office)
    assert all(len(text.splitlines()) > 8 for text in before.values()), before
    pids = [office.pid(name) for name in NAMES]
    again = office.up().stdout
    assert balances(office) == before, "a second run changed a balance"
    assert processes(office) == played, "a second run changed a process"
    assert [office.pid(name) for name in NAMES] == pids, "a second run started something again"
    for words in ("Trial balance of company", "Trial balance of sari-rasa", played["hire"][0], played["procure-to-pay"][0]):
        assert words in again, again


def interrupted(build):
    """up is killed while it plays: it goes on where it was. What somebody has set before is not set again."""
    with Office(build) as office:
        limits = [{"currency": "IDR", "level": level, "fromMinor": str(minor)} for level, minor in (("OFFICER", 1), ("FINANCE", 2), ("CEO", 7000000000))]
        office.call("Oversight/SetThresholds", {"thresholds": {"values": limits}}, who="ceo")
        env = {**office.env, "PATH": os.environ["PATH"]}
        command = [str(ROOT / "deploy" / "up"), "--home", str(office.home), "--yes"]
        for until in ("requested", "approved", "signed", "first instalment", "A hire of an engineer: requested, approved"):
            playing = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
            seen = b""
            while until.encode() not in seen:
                byte = playing.stdout.read(1)
                assert byte, seen
                seen += byte
            os.killpg(playing.pid, signal.SIGKILL)
            playing.wait()
            playing.stdout.close()
        office.run("up", "--yes")
        sample_crosses_departments(office)
        assert office.call("Oversight/GetThresholds", {})["values"] == limits


def apart(office, build):
    with Office(build) as other:
        assert other.pid("broker") != office.pid("broker")
        assert "company" not in other.kantor("finance", "books", "--output", "csv").stdout
        other.run("down")
        assert office.kantor("health", "finance").returncode == 0, "closing one office closed the other"


def after_kill(office):
    before, played = balances(office), processes(office)
    for name in reversed(NAMES):
        office.kill(name)
    office.up()
    assert balances(office) == before and processes(office) == played
    for department in DEPARTMENTS:
        assert office.kantor("verify", department).returncode == 0


def down_twice(office):
    pids = [office.pid(name) for name in NAMES]
    assert "killed" not in office.run("down").stdout
    assert not any(pathlib.Path(f"/proc/{pid}/cmdline").exists() and pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids)
    office.run("down")
    assert not list((office.home / "run").glob("*.pid"))
    (office.home / "run" / "finance.pid").write_text("1\n")  # a stale number that another process has now
    office.up()
    assert serving(office) == sorted(DEPARTMENTS)


# ---- an office that an earlier version made ----

def earlier(office):
    """Makes the files of a closed office what the version before legal and IT left, as an operator had changed them meanwhile."""
    etc, keys = office.home / "etc", office.home / "keys"
    ports = (office.home / "ports").read_text().split()
    for name in ("legal", "it", "counsel", "dian"):
        for file in (etc / f"{name}.conf", etc / "as" / f"{name}.conf", keys / f"{name}.key", keys / f"{name}.key_secret"):
            file.unlink(missing_ok=True)
    for name in ("legal", "it"):
        shutil.rmtree(office.home / "data" / name)
    (etc / "given").unlink()
    (office.home / "ports").write_text(" ".join(ports[:4]) + " ")
    roles = {"front-office": "front-office", "clerk": "finance.clerk", "analyst": "finance.analyst", "officer": "legal.officer",
             "expert": "it.expert", "ceo": "ceo", "operator": "it.operator"}  # the auditor was taken out
    lines = [f'clients = "tcp://127.0.0.1:{ports[0]}"', f'services = "tcp://127.0.0.1:{ports[1]}"', f'metrics = "127.0.0.1:{ports[2]}"',
             'key = "../keys/broker.key_secret"', "principals"]
    for name, role in roles.items():
        lines += [f"    {name}", f'        key = "../keys/{name}.key"', f'        roles = "{role}"']
    lines += ["    finance", '        key = "../keys/finance.key"', '        serves = "finance"']
    lines += ["    web-shop  # ours", '        key = "../keys/front-office-2.key"', '        roles = "front-office"', "", "# ours as well", "limits",
              "    calls = 1000"]
    (etc / "broker.conf").write_text("\n".join(lines) + "\n")
    office.kantor("keys", "new", "front-office-2", "--dir", str(keys))
    (etc / "finance.conf").write_text((etc / "finance.conf").read_text().replace(f'    clients = "tcp://127.0.0.1:{ports[0]}"\n', "") +
                                      '    quota = "20G"\nlog = "info"\n')
    return ports[:4]


def extended(build):
    with Office(build) as office:
        office.call("Books/CreateBook", {"book": {"book": "kept", "kind": "COMPANY"}}, who="analyst")
        office.run("down")
        ports = earlier(office)
        secret = (office.home / "keys" / "finance.key_secret").read_bytes()
        office.up()
        assert serving(office) == sorted(DEPARTMENTS)
        assert "kept" in office.kantor("finance", "books", "--output", "csv").stdout
        now = (office.home / "ports").read_text().split()
        assert now[:4] == ports and len(set(now)) == 6, now
        assert (office.home / "keys" / "finance.key_secret").read_bytes() == secret
        broker = (office.home / "etc" / "broker.conf").read_text()
        for ours in ("    web-shop  # ours\n", "# ours as well\nlimits\n    calls = 1000\n", 'roles = "it.expert employee"\n'):
            assert ours in broker, broker
        assert "    auditor" not in broker, "who was taken out came back"
        assert broker.count("principals") == 1 and broker.count("    finance\n") == 1 and broker.count('"department"') == 3, broker
        finance = (office.home / "etc" / "finance.conf").read_text()
        assert 'quota = "20G"' in finance and finance.count(f'clients = "tcp://127.0.0.1:{ports[0]}"') == 1, finance
        office.kantor("--as", "dian", "legal", "policies")
        office.kantor("verify", "--witness")
        taken_out(office, broker)


def taken_out(office, broker):
    """What an operator changes takes effect, and stays so."""
    block = '    dian\n        key = "../keys/dian.key"\n        roles = "employee"\n'
    assert block in broker, broker
    (office.home / "etc" / "broker.conf").write_text(broker.replace(block, ""))
    pids = [office.pid(name) for name in NAMES]
    office.up()
    assert block not in (office.home / "etc" / "broker.conf").read_text()
    assert [office.pid(name) for name in NAMES] == pids, "principals are read again without a start"
    assert office.kantor("--as", "dian", "--timeout", "2", "legal", "policies", check=False).returncode != 0
    legal = office.home / "etc" / "legal.conf"
    legal.write_text(legal.read_text() + 'log = "warning"\n')
    office.up()
    assert office.pid("legal") != pids[NAMES.index("legal")] and office.pid("it") == pids[NAMES.index("it")]
    assert serving(office) == sorted(DEPARTMENTS)


def places(pid):
    """The lists of processors on which some thread of a process may run."""
    found = set()
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        try:
            lines = status.read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue  # the thread has ended
        found.update(line.split()[1] for line in lines if line.startswith("Cpus_allowed_list"))
    return found


def idle_threads_gather(office):
    if len(os.sched_getaffinity(0)) < 2:
        print("SKIPPED: threads gather where there are two processors")
        return
    for name in NAMES:
        until = time.monotonic() + 60
        while len(found := places(office.pid(name))) != 1 or not next(iter(found)).isdecimal():
            assert time.monotonic() < until, f"{name} has little to do, and its threads may run on {found}"
            office.kantor("health")


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
        sample_crosses_departments(office)
        print("a purchase and a hire cross three departments", flush=True)
        first_and_second_run(office)
        print("a second run changes nothing", flush=True)
        idle_threads_gather(office)
        print("programs with little to do keep their threads together", flush=True)
        apart(office, sys.argv[1])
        print("two offices are apart", flush=True)
        after_kill(office)
        print("kill -9 of all loses nothing", flush=True)
        down_twice(office)
        refusals(office)
        print("down twice, stale process files, refusals", flush=True)
    interrupted(sys.argv[1])
    print("a sample that was interrupted goes on", flush=True)
    extended(sys.argv[1])
    print("an office of an earlier version is extended, an operator's changes stay", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
