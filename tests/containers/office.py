"""office.py: the composed office of deploy/compose.yaml under a name of its own, with whichever engine works here."""
import json
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BASE = "docker.io/library/debian:bookworm-slim"
DEPARTMENTS = ["finance", "legal", "it"]
BROKERS = ["broker-1", "broker-2"]
PROGRAMS = {"broker-1": "broker", "broker-2": "broker", "finance": "finance", "legal": "legal", "it": "it"}
CONFIGURED = ["broker", *DEPARTMENTS, "callers", "front-office"]
SKIPPED = 77
started = time.monotonic()


def say(text):
    print(f"{time.monotonic() - started:7.1f} s  {text}", flush=True)


def run(*command, check=True, stdin=None, timeout=600, env=None):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False,
                          env={**os.environ, **(env or {})}, cwd=ROOT)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done


def until(what, seconds, why):
    """Asks WHAT until it says yes."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, why() if callable(why) else why
        time.sleep(0.1)


def skip(why):
    """Nothing is tested; where all must be tested, that is a failure."""
    print("*" * 100)
    print(f"SKIPPED: the containers are NOT tested here: {why}")
    print("*" * 100)
    sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)


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
    """Its containers, volumes and networks are called by PROJECT, its images have TAG. COMPOSE: how compose is called; JOINT:
    what it puts between the parts of a container's name."""

    def __init__(self, engine, compose, joint, project, tag, env=None):
        self.engine, self.words, self.joint, self.project, self.tag = engine, compose, joint, project, tag
        self.env = {"KANTOR_TAG": tag, **(env or {})}

    def compose(self, *words, check=True):
        return run(*self.words, "-p", self.project, "-f", f"{ROOT}/deploy/compose.yaml", *words, check=check, env=self.env)

    def container(self, service):
        return self.joint.join([self.project, service, "1"])

    def volume(self, name):
        return f"{self.project}_{name}"

    def image(self, name):
        return f"localhost/{name}:{self.tag}"

    def kantor(self, who, *words, check=True, stdin=None, timeout=120):
        """The command line as somebody, beside the office."""
        return run(self.engine, "run", "--rm", "-i", "--network", f"{self.project}_front", "--read-only", "--cap-drop", "ALL",
                   "-v", f"{self.volume('callers-etc')}:/etc/kantor:ro",
                   "-v", f"{self.volume('front-office-etc')}:/etc/front-office:ro", self.image("kantor"), "--config",
                   f"/etc/front-office/{who}.conf" if who == "front-office" else f"/etc/kantor/{who}.conf",
                   *words, check=check, stdin=stdin, timeout=timeout)

    def inspect(self, service, what):
        return run(self.engine, "inspect", "--format", what, self.container(service)).stdout.strip()

    def healthy(self, service, check=False):
        name = PROGRAMS[service]
        return run(self.engine, "exec", self.container(service), f"/usr/bin/kantor-{name}", "health", "--config",
                   f"/etc/kantor/{name}.conf", check=check).returncode == 0

    def await_health(self, *services, seconds=60):
        for service in services:
            until(lambda service=service: self.healthy(service), seconds,
                  lambda service=service: f"{service} is not healthy\n{self.log(service)[-2000:]}")

    def await_all_behind(self, *brokers):
        """Until these brokers have all departments."""
        for broker in brokers:
            for name in DEPARTMENTS:
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
        return run(self.engine, "run", "--rm", "-i", *mounts, "--entrypoint", "/bin/bash", self.image("kantor-debug"),
                   "-euc", script, stdin=stdin).stdout

    def pin_bridges(self):
        """A bridge of podman 4.3 has the hardware address of one of its containers, and another one when that is gone; the rest
        then reach no name server until they have found out, half a minute later (deploy/README.md)."""
        for network in ("front", "back"):
            told = json.loads(run("podman", "network", "inspect", f"{self.project}_{network}").stdout)[0]
            bridge = told["network_interface"]
            with open(f"/sys/class/net/{bridge}/address", encoding="utf-8") as file:
                run("ip", "link", "set", "dev", bridge, "address", file.read().strip())

    def bring_up(self):
        self.compose("up", "-d")
        if self.engine == "podman":
            self.pin_bridges()
        self.await_health(*PROGRAMS)
        for broker in BROKERS:
            # A caller who knows one broker alone, to ask whether all departments have come to that one.
            self.shell(f"cat >/callers-etc/by-{broker}.conf", "callers-etc",
                       stdin='client\n    certificate = "clerk.key_secret"\nbroker\n    certificate = "broker.key"\n'
                             f'    endpoint = "tcp://{broker}:5701"\n')
        self.await_all_behind(*BROKERS)

    def take_down(self):
        self.compose("down", "-v", check=False)
        for volume in run(self.engine, "volume", "ls", "-q").stdout.split():  # podman-compose 1.0.3 leaves some
            if volume.startswith(f"{self.project}_"):
                run(self.engine, "volume", "rm", "-f", volume, check=False)
