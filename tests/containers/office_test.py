#!/usr/bin/python3
"""The composed office: images built from this tree, deploy/compose.yaml run, its services killed and replaced.

usage: KANTOR_CONTAINERS=1 office_test.py

Says SKIPPED, with the reason, where no container engine works. What it makes has a name of its own and is taken away again.
"""
import collections
import csv
import decimal
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROJECT = f"kantor-test-{os.getpid()}"
TAG = f"test-{os.getpid()}"
BASE = "docker.io/library/debian:bookworm-slim"
PROGRAMS = {"broker-1": "broker", "broker-2": "broker", "finance": "finance", "legal": "legal", "it": "it"}
IMAGES = ["kantor-broker", "kantor-finance", "kantor-legal", "kantor-it", "kantor"]
BYTES_MAX = 15_000_000
SKIPPED = 77
PLANTED = "planted-secret-7c1d0e5b"
PAYLOAD = "payload-that-no-log-may-tell-91b6"
started = time.monotonic()


def say(text):
    print(f"{time.monotonic() - started:7.1f} s  {text}", flush=True)


def run(*command, check=True, stdin=None, timeout=600, env=None):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False,
                          env={**os.environ, **(env or {})}, cwd=ROOT)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done


def skip(why):
    print("*" * 100)
    print(f"SKIPPED: the containers are NOT tested here: {why}")
    print("*" * 100)
    sys.exit(SKIPPED)


def find_engine():
    """The engine, and how compose is called with it."""
    for engine, compose in (("podman", ["podman-compose"]), ("docker", ["docker", "compose"])):
        if not shutil.which(engine) or not shutil.which(compose[0]) or run(engine, "info", check=False).returncode != 0:
            continue
        if run(*compose, "version" if engine == "docker" else "--version", check=False).returncode != 0:
            continue
        if run(engine, "image", "inspect", BASE, check=False).returncode != 0 and \
                run(engine, "pull", "-q", BASE, check=False).returncode != 0:
            skip(f"{engine} has no {BASE}")
        if run(engine, "run", "--rm", BASE, "true", check=False).returncode == 0:
            return engine, compose
    skip("neither podman with podman-compose nor docker with its compose works")


class Office:
    def __init__(self, engine, compose):
        self.engine, self.words = engine, compose

    def compose(self, *words, check=True):
        return run(*self.words, "-p", PROJECT, "-f", f"{ROOT}/deploy/compose.yaml", *words, check=check,
                   env={"KANTOR_TAG": TAG})

    def container(self, service):
        """podman-compose and docker-compose differ in one character."""
        joint = "_" if self.engine == "podman" else "-"
        return f"{PROJECT}{joint}{service}{joint}1"

    def volume(self, name):
        return f"{PROJECT}_{name}"

    def kantor(self, who, *words, check=True, stdin=None, timeout=120):
        return run(self.engine, "run", "--rm", "-i", "--network", f"{PROJECT}_front", "--read-only", "--cap-drop", "ALL",
                   "-v", f"{self.volume('callers-etc')}:/etc/kantor:ro",
                   "-v", f"{self.volume('front-office-etc')}:/etc/front-office:ro", f"localhost/kantor:{TAG}", "--config",
                   f"/etc/front-office/{who}.conf" if who == "front-office" else f"/etc/kantor/{who}.conf",
                   *words, check=check, stdin=stdin, timeout=timeout)

    def inspect(self, service, what):
        return run(self.engine, "inspect", "--format", what, self.container(service)).stdout.strip()

    def healthy(self, service, check=False):
        name = PROGRAMS[service]
        return run(self.engine, "exec", self.container(service), f"/usr/bin/kantor-{name}", "health", "--config",
                   f"/etc/kantor/{name}.conf", check=check).returncode == 0

    def await_health(self, service, seconds=60):
        end = time.monotonic() + seconds
        while not self.healthy(service, check=time.monotonic() > end):
            time.sleep(0.2)

    def await_all_behind(self, broker):
        """Until that broker has all departments: a call that comes to it is not refused for want of one."""
        for name in ("finance", "legal", "it"):
            self.kantor(f"by-{broker}", "health", name, "--wait", "60")

    def log(self, service):
        done = run(self.engine, "logs", self.container(service), check=False)
        return done.stdout + done.stderr

    def file_of(self, volume, *path):
        place = run(self.engine, "volume", "inspect", "--format", "{{.Mountpoint}}", self.volume(volume)).stdout.strip()
        return os.path.join(place, *path)

    def shell(self, script, *volumes, stdin=None):
        """In the debug image, as the user that all containers have."""
        mounts = [word for volume in volumes for word in ("-v", f"{self.volume(volume)}:/{volume}")]
        return run(self.engine, "run", "--rm", "-i", *mounts, "--entrypoint", "/bin/bash", f"localhost/kantor-debug:{TAG}",
                   "-euc", script, stdin=stdin).stdout


def build(office):
    folder = tempfile.mkdtemp(prefix="kantor-sboms-")
    run(f"{ROOT}/deploy/containers/build", "--engine", office.engine, "--tag", TAG, "--sboms", folder, timeout=1200)
    say("images are built")
    ids = {}
    for image in IMAGES:
        name = f"localhost/{image}:{TAG}"
        ids[image], size = run(office.engine, "image", "inspect", "--format", "{{.Id}} {{.Size}}", name).stdout.split()
        say(f"{image}: {int(size) / 1e6:.1f} MB, {ids[image][:19]}")
        assert int(size) <= BYTES_MAX, f"{image} has grown to {size} bytes"
        config = json.loads(run(office.engine, "image", "inspect", name).stdout)[0]["Config"]
        assert config["User"] == "10001:10001", config
        assert config["Labels"]["org.opencontainers.image.title"] == image, config
        check_sbom(os.path.join(folder, f"{image}.spdx.json"), image)
    run(f"{ROOT}/deploy/containers/build", "--engine", office.engine, "--tag", f"{TAG}-again", "--again", "--sboms", folder,
        *IMAGES, timeout=1200)
    for image in IMAGES:
        again = run(office.engine, "image", "inspect", "--format", "{{.Id}}", f"localhost/{image}:{TAG}-again").stdout.strip()
        assert again == ids[image], f"{image}: {again} of the second build is not {ids[image]}"
    say("a second build has the same image ids")
    shutil.rmtree(folder)


def check_sbom(path, image):
    told = json.load(open(path, encoding="utf-8"))
    assert told["spdxVersion"] == "SPDX-2.3" and told["documentDescribes"] == ["SPDXRef-Image"], told["spdxVersion"]
    ids = [thing["SPDXID"] for thing in told["packages"] + told["files"]] + ["SPDXRef-DOCUMENT"]
    assert len(set(ids)) == len(ids)
    for relation in told["relationships"]:
        assert relation["spdxElementId"] in ids and relation["relatedSpdxElement"] in ids, relation
    names = {package["name"] for package in told["packages"]}
    assert {image, "libc6", "libzmq5"} <= names, names
    assert f"./usr/bin/{image}" in {file["fileName"] for file in told["files"]}


def sample(name):
    return open(f"{ROOT}/deploy/sample/{name}.csv", encoding="utf-8").read()


def sums_of(text):
    """What the books are to hold: account and commodity to amount."""
    sums = collections.Counter()
    for row in csv.DictReader(io.StringIO(text)):
        sums[row["account"], row["commodity"]] += decimal.Decimal(row["amount"])
    return {key: amount for key, amount in sums.items() if amount != 0}


def trial_balance(office, book):
    rows = csv.DictReader(io.StringIO(office.kantor("clerk", "finance", "trial-balance", "--book", book, "-o", "csv").stdout))
    return {(row["account"], row["commodity"]): decimal.Decimal(row["amount"]) for row in rows
            if decimal.Decimal(row["amount"]) != 0}


def open_book(office, book, text):
    office.kantor("analyst", "call", "Books/CreateBook", json.dumps({"book": {"book": book, "kind": "COMPANY", "title": book}}))
    accounts = sorted({row["account"] for row in csv.DictReader(io.StringIO(text))})
    office.kantor("clerk", "call", "Books/OpenAccounts",
                  json.dumps({"book": book, "accounts": [{"account": account} for account in accounts]}))


def bring_up(office):
    office.compose("up", "-d")
    for service in PROGRAMS:
        office.await_health(service)
    for broker in ("broker-1", "broker-2"):
        # A caller who knows one broker alone, to ask whether all departments have come to that one.
        office.shell(f"cat >/callers-etc/by-{broker}.conf", "callers-etc",
                     stdin='client\n    certificate = "clerk.key_secret"\nbroker\n    certificate = "broker.key"\n'
                           f'    endpoint = "tcp://{broker}:5701"\n')
        office.await_all_behind(broker)
    say("all services are healthy")


def play(office):
    for book, name in (("company", "company"), ("sari-rasa", "client")):
        text = sample(name)
        open_book(office, book, text)
        for _ in range(2):  # the second time it is all there
            office.kantor("front-office", "finance", "import", "--book", book, "-q", "-", stdin=text)
        assert trial_balance(office, book) == sums_of(text), f"the books of {book} are not those of the sample"
    say("the sample month is played and the books are right")


def readers_of(office, volume):
    """The slots of LMDB's lock file (0.9, Linux, 64 bits) that are taken: snapshot and thread."""
    data = open(office.file_of(volume, "store", "lock.mdb"), "rb").read()
    assert struct.unpack_from("<I", data)[0] == 0xBEEFC0DE
    slots = [struct.unpack_from("<Qi4xQ", data, at) for at in range(128, len(data) - 63, 64)]
    return {thread for snapshot, pid, thread in slots if pid != 0 and snapshot != 2**64 - 1}, \
        {thread for snapshot, pid, thread in slots if pid != 0}


def kill_each(office):
    for service in PROGRAMS:
        before = office.inspect(service, "{{.State.Pid}}")
        left = set()
        if service in ("finance", "legal", "it"):
            end = time.monotonic() + 30
            while not left and time.monotonic() < end:
                left = readers_of(office, service)[0]
            assert left, f"{service} reads nothing, so a killed reader cannot be shown"
        os.kill(int(before), 9)
        end = time.monotonic() + 60
        while office.inspect(service, "{{.State.Pid}}") in (before, "0") and time.monotonic() < end:
            time.sleep(0.1)
        office.await_health(service)
        if left:
            stale = left & readers_of(office, service)[1]
            assert not stale, f"{service} was restarted as PID 1 and left {len(stale)} readers behind"
    for broker in ("broker-1", "broker-2"):
        office.await_all_behind(broker)
    say("each service was killed and is back, without stale readers")


class Load(threading.Thread):
    """Posts the sample again and again under other references, until told to end."""

    def __init__(self, office, text):
        super().__init__(daemon=True)
        self.office, self.text, self.rounds, self.failures, self.ending = office, text, 0, [], False
        self.unsent = 0

    def run(self):
        while not self.ending:
            done = self.office.kantor("front-office", "finance", "import", "--book", "load", "--source", f"round-{self.rounds}",
                                      "-q", "-", stdin=self.text, check=False)
            if done.returncode == 14 and "nothing was sent" in done.stderr:  # it begins with a broker by chance, and has 5 s
                self.unsent += 1
                continue
            if done.returncode != 0:
                self.failures.append(f"{done.returncode} {done.stdout} {done.stderr}")
            self.rounds += 1


def replace_each(office):
    text = sample("client").replace("Opening balances", PAYLOAD)
    assert PAYLOAD in text
    open_book(office, "load", text)
    load = Load(office, text)
    load.start()
    for service in [*PROGRAMS, "front-office"]:
        rounds, name = load.rounds, office.container(service)
        run(office.engine, "stop", "-t", "20", name)
        code = office.inspect(service, "{{.State.ExitCode}}")
        assert code == "0", f"{service}, as PID 1, ended with {code} when it was told to stop\n{office.log(service)[-2000:]}"
        if service in PROGRAMS:
            assert "event=stopped clean=yes" in office.log(service)
        kept_logs.append(office.log(service))
        run(office.engine, "rm", name)
        office.compose("up", "-d", service)
        if service in PROGRAMS:
            office.await_health(service)
        if PROGRAMS.get(service) == "broker":
            office.await_all_behind(service)
        while load.rounds < rounds + 2 and not load.failures:
            time.sleep(0.1)
    load.ending = True
    load.join()
    assert not load.failures, load.failures[:3]
    expected = {key: amount * load.rounds for key, amount in sums_of(text).items()}
    assert trial_balance(office, "load") == expected, "what was posted under load is not what is in the books"
    for book, name in (("company", "company"), ("sari-rasa", "client")):
        assert trial_balance(office, book) == sums_of(sample(name)), f"the books of {book} have changed"
    for department in ("finance", "legal", "it"):
        office.kantor("operator", "verify", department)
    say(f"every service was replaced under load: {load.rounds} imports, none failed "
        f"({load.unsent} found no broker at first), the books add up and verify")


def refuse_second_owner(office):
    done = run(office.engine, "run", "--rm", "-v", f"{office.volume('finance')}:/var/lib/kantor", "-v",
               f"{office.volume('finance-etc')}:/etc/kantor:ro", f"localhost/kantor-finance:{TAG}", check=False, timeout=60)
    told = done.stdout + done.stderr
    assert done.returncode == 1 and "cannot-start" in told, f"{done.returncode} {told}"
    assert "is in use by process" in told, told
    assert office.healthy("finance")
    say(f"a second container on the volume was refused: {told.strip()}")


def search_secrets(office, kept):
    secrets = office.shell("cat /*-etc/*.key_secret", *[f"{name}-etc" for name in
                           ("broker", "finance", "legal", "it", "callers", "front-office")])
    keys = {line.split('"')[1] for line in secrets.splitlines() if "secret" in line and '"' in line}
    assert len(keys) >= 10, f"{len(keys)} secret keys found to search for"
    logs = "".join(kept + [office.log(service) for service in [*PROGRAMS, "keys", "books", "front-office"]])
    assert "event=registered" in logs
    for what in [*keys, PAYLOAD, PLANTED]:
        assert what not in logs, "a log tells a secret or a payload"
    needles = [what.encode() for what in [*keys, PAYLOAD, PLANTED]]
    for image in [*IMAGES, "kantor-debug"]:
        with tempfile.TemporaryDirectory() as folder:
            container = run(office.engine, "create", f"localhost/{image}:{TAG}").stdout.strip()
            run(office.engine, "export", "-o", f"{folder}/root.tar", container)
            run(office.engine, "rm", container)
            run(office.engine, "save", "-o", f"{folder}/layers.tar", f"localhost/{image}:{TAG}")
            for name in ("root.tar", "layers.tar"):
                data = open(f"{folder}/{name}", "rb").read()
                assert b"/usr/bin/kantor" in data or b"usr/bin/kantor" in data, name
                assert not any(needle in data for needle in needles), f"{image}: a secret in {name}"
    say(f"{len(keys)} keys, a payload and a planted secret: in no log and no image layer")


kept_logs = []


def main():
    if os.environ.get("KANTOR_CONTAINERS") != "1":
        skip("it takes minutes; KANTOR_CONTAINERS=1 asks for it")
    office = Office(*find_engine())
    say(f"engine: {office.engine}")
    planted = [f"{ROOT}/var/planted.key_secret", f"{ROOT}/build/planted.key_secret"]  # where git looks away
    try:
        for path in planted:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(PLANTED)
        build(office)
        bring_up(office)
        play(office)
        refuse_second_owner(office)
        kill_each(office)
        replace_each(office)
        search_secrets(office, kept_logs)
    except AssertionError:
        for service in PROGRAMS:
            print(f"---- {service}\n{office.log(service)[-3000:]}")
        raise
    finally:
        office.compose("down", "-v", check=False)
        volumes = run(office.engine, "volume", "ls", "-q").stdout.split()  # podman-compose 1.0.3 leaves some
        for volume in volumes:
            if volume.startswith(f"{PROJECT}_"):
                run(office.engine, "volume", "rm", "-f", volume, check=False)
        for path in planted:
            if os.path.exists(path):
                os.remove(path)
        images = run(office.engine, "images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
        mine = [image for image in images if image.endswith((f":{TAG}", f":{TAG}-again"))]
        if mine:
            run(office.engine, "rmi", "-f", *mine, check=False)
    say("done")


if __name__ == "__main__":
    main()
