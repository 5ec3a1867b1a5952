#!/usr/bin/python3
"""The composed office: images built from this tree, deploy/compose.yaml run, its services killed and replaced under load.

usage: office_test.py

Says SKIPPED, with the reason, where no container engine works. What it makes has a name of its own and is taken away again.
"""
import collections
import os
import re
import shutil
import struct
import subprocess
import tempfile

import images
from load import PAYLOAD, Load, sample, sums_of, trial_balance
from office import BROKERS, DEPARTMENTS, PROGRAMS, Office, find_engine, run, say, until

FIRST_INSTALMENT = 40_000_000  # of the purchase, paid at once


# ---- what a container is to the kernel ----

def check_confinement(office):
    """A user of its own, no capability, no way to more, and nothing to write to but its volume."""
    for service in PROGRAMS:
        pid = office.inspect(service, "{{.State.Pid}}")
        told = dict(re.findall(r"^(\w+):\s+(.*)$", open(f"/proc/{pid}/status", encoding="utf-8").read(), re.M))
        assert told["Uid"].split() == ["10001"] * 4 and told["Gid"].split() == ["10001"] * 4, told
        assert all(int(told[name], 16) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")), told
        assert told["NoNewPrivs"] == "1" and told["Seccomp"] == "2", told
        assert told["NSpid"].split()[-1] == "1", told
        mounts = [line.split() for line in open(f"/proc/{pid}/mountinfo", encoding="utf-8")]
        options = {mount[4]: mount[5].split(",") for mount in mounts}
        assert "ro" in options["/"] and "ro" in options["/etc/kantor"], options
        lasting = {mount[4] for mount in mounts if "rw" in mount[5].split(",") and mount[mount.index("-") + 1] not in
                   ("tmpfs", "proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2")}
        # The engine's own files of names.
        lasting -= {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/run/.containerenv"}
        assert lasting == ({"/var/lib/kantor"} if service in DEPARTMENTS else set()), f"{service} can write to {lasting}"
    say("each service is user 10001 and PID 1, without capabilities, and writes to its volume alone")


# ---- the sample month ----

def play(office):
    for turn in ("first", "second"):  # the second time it is all there
        told = office.compose("run", "--rm", "-e", "SAMPLE=1", "sample").stdout
        for words in ("procure-to-pay", "assign-seats", "payment", "open-account", "everything is done"):
            assert words in told, f"the {turn} time the sample does not come to {words}\n{told[-4000:]}"
    check_sample(office)
    for who, method, body in (("officer", "Parties/CreateParty", f'{{"party":{{"party":"{PAYLOAD} ","kind":"COMPANY"}}}}'),
                              ("clerk", "Parties/CreateParty", f'{{"party":{{"party":"x","name":"{PAYLOAD}"}}}}'),
                              ("front-office", "Ledger/PostEntry", f'{{"book":"{PAYLOAD}"}}')):
        assert office.kantor(who, "call", method, body, check=False).returncode != 0, f"{who} may {method} {body}"
    say("the sample month is played, the books are right, a purchase and a hire have gone through three departments")


def check_sample(office):
    for book, name, bought in (("company", "company", FIRST_INSTALMENT), ("sari-rasa", "client", 0)):
        expected = collections.Counter(sums_of(sample(name)))
        expected["expenses:software", "IDR"] += bought
        expected["assets:bank:rupiah", "IDR"] -= bought
        assert trial_balance(office, book) == {key: amount for key, amount in expected.items() if amount != 0}, \
            f"the books of {book} are not those of the sample"


# ---- killed ----

def readers_of(office, volume):
    """The threads in LMDB's table of readers (0.9 with glibc's mutexes, 64 bits): those that read, and all that have a slot."""
    data = open(office.file_of(volume, "store", "lock.mdb"), "rb").read()
    assert struct.unpack_from("<I", data)[0] == 0xBEEFC0DE
    used = struct.unpack_from("<I", data, 56)[0]  # what is behind these is from an earlier process, and nobody looks at it
    assert 0 < used <= 256, used
    slots = [struct.unpack_from("<Qi4xQ", data, 128 + 64 * number) for number in range(used)]
    return {thread for snapshot, pid, thread in slots if pid != 0 and snapshot != 2**64 - 1}, \
        {thread for snapshot, pid, thread in slots if pid != 0}


def kill(office, service):
    before, left = office.inspect(service, "{{.State.Pid}}"), set()
    if service in DEPARTMENTS:
        def reads():
            left.update(readers_of(office, service)[0])
            return left
        until(reads, 30, f"{service} reads nothing, so a killed reader cannot be shown")
    os.kill(int(before), 9)
    until(lambda: office.inspect(service, "{{.State.Pid}}") not in (before, "0"), 60, f"{service} was not started again")
    office.await_health(service)
    if left:
        stale = left & readers_of(office, service)[1]
        assert not stale, f"{service} was restarted as PID 1 and left {len(stale)} readers behind"


def kill_each(office, load):
    for service in PROGRAMS:
        kill(office, service)
        load.go_round()
    office.await_all_behind(*BROKERS)
    load.go_round()
    say(f"each service was killed with work under way and is back, without stale readers; {load.forgive()} calls were told so")


# ---- replaced ----

def replace(office, service):
    name = office.container(service)
    run(office.engine, "stop", "-t", "20", name)
    code, told = office.inspect(service, "{{.State.ExitCode}}"), office.log(service)
    assert code == "0", f"{service}, as PID 1, ended with {code} when it was told to stop\n{told[-2000:]}"
    if service in PROGRAMS:
        assert "event=stopped clean=yes" in told
    run(office.engine, "rm", name)
    office.compose("up", "-d", service)
    if service in PROGRAMS:
        office.await_health(service)
    if service in BROKERS:
        office.await_all_behind(service)
    return told


def replace_each(office, load):
    logs = []
    for service in [*PROGRAMS, "front-office"]:
        logs.append(replace(office, service))
        load.go_round()
        assert not load.failures, f"while {service} was replaced: {load.failures[:5]}"
    say(f"every service was replaced under load, and no call failed: {dict(load.done)}")
    return "".join(logs)


def check_all(office, load):
    load.check()
    check_sample(office)
    for department in DEPARTMENTS:
        office.kantor("operator", "verify", department)
    office.kantor("operator", "verify", "--witness")
    told = office.kantor("auditor", "process", "ls", "--state", "incident", "-o", "csv").stdout
    assert len(told.splitlines()) == 1, told
    say("the books add up and verify, every process went on")


def refuse_second_owner(office):
    for department in DEPARTMENTS:
        done = run(office.engine, "run", "--rm", "-v", f"{office.volume(department)}:/var/lib/kantor",
                   "-v", f"{office.volume(f'{department}-etc')}:/etc/kantor:ro", office.image(f"kantor-{department}"),
                   check=False, timeout=60)
        told = done.stdout + done.stderr
        assert done.returncode == 1 and "cannot-start" in told and "is in use by process" in told, f"{done.returncode} {told}"
        assert office.healthy(department)
    say("a second container on a volume was refused")


# ---- the other compose ----

def try_docker_compose(office):
    """What docker-compose makes of the same file, through the interface that podman has for it."""
    if office.engine != "podman":
        return
    if not shutil.which("docker-compose"):
        assert os.environ.get("CI") != "true", "docker-compose is not installed"
        say("NOT tested, for it is not installed: docker-compose")
        return
    with tempfile.TemporaryDirectory() as folder:
        socket = f"unix://{folder}/podman.sock"
        with subprocess.Popen([office.engine, "system", "service", "--time=0", socket], stderr=subprocess.DEVNULL) as service:
            other = Office("podman", ["docker-compose"], "_", f"{office.project}-docker", office.tag, {"DOCKER_HOST": socket})
            try:
                until(lambda: os.path.exists(f"{folder}/podman.sock"), 30, "podman does not serve its interface")
                other.bring_up()
                assert other.compose("run", "--rm", "-T", "kantor", "health").stdout.count("SERVING") == len(DEPARTMENTS)
                check_confinement(other)
            finally:
                other.take_down()
                service.terminate()
    say("docker-compose brings the office up as well")


def main():
    engine, compose = find_engine()
    name = f"kantor-test-{os.getpid()}"
    # podman-compose and docker-compose differ in one character.
    office = Office(engine, compose, "_" if engine == "podman" else "-", name, f"test-{os.getpid()}")
    say(f"engine: {engine}")
    load = None
    try:
        images.build(office)
        office.bring_up()
        say("all services are healthy")
        check_confinement(office)
        images.start_debug_variants(office)
        refuse_second_owner(office)
        play(office)
        load = Load(office)
        load.start()
        kill_each(office, load)
        logs = replace_each(office, load)
        load.end()
        check_all(office, load)
        logs += "".join(office.log(service) for service in [*PROGRAMS, "keys", "books", "front-office"])
        images.search_secrets(office, logs)
        office.take_down()
        try_docker_compose(office)
    except AssertionError:
        for service in PROGRAMS:
            print(f"---- {service}\n{office.log(service)[-3000:]}")
        raise
    finally:
        if load:
            load.close()
        office.take_down()
        images.remove(office)
    say("done")


if __name__ == "__main__":
    main()
