"""departments.py: brokers and the three departments as real programs over ipc, with people of every role, for tests that kill
them. Apart from deploy/up: each program is a child of the test, so that it can be killed and waited for at any moment."""
import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

DEPARTMENTS = ("finance", "it", "legal")
PEOPLE = {
    "ana": "finance.analyst", "carla": "finance.clerk", "olga": "legal.officer", "oscar": "legal.officer", "erik": "it.expert",
    "ceo": "ceo", "rev": "auditor", "otto": "it.operator",
}
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# gRPC codes, which are the exit codes of `kantor`
OK, DEADLINE_EXCEEDED, NOT_FOUND, FAILED_PRECONDITION, ABORTED, UNIMPLEMENTED, UNAVAILABLE, DATA_LOSS = 0, 4, 5, 9, 10, 12, 14, 15
# Whoever is away has no methods either: `kantor call` finds them by reflection.
AGAIN = (DEADLINE_EXCEEDED, ABORTED, UNAVAILABLE, UNIMPLEMENTED)


def new_key():
    number = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "".join(CROCKFORD[number >> 5 * place & 31] for place in reversed(range(26)))


class Refused(AssertionError):
    def __init__(self, words, code, text):
        super().__init__(f"{words}: exit {code}: {text}")
        self.code, self.text = code, text


class Departments:
    """with Departments(build_folder, employees) as office: ... Brokers are called broker, broker-2 and so on; a caller's
    configuration names all of them, and PERSON@BROKER.conf one."""

    again = AGAIN  # the codes after which `call` tries again itself
    timeout_s = 5  # of each of these tries
    grace_ms = 500
    log = "error"
    trace = None   # where `kantor` keeps traces

    def __init__(self, build, employees=(), brokers=1):
        self.bin = pathlib.Path(build).resolve() / "services"
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="kantor-three-"))
        self.people = {**PEOPLE, **{name: "employee" for name in employees}}
        self.brokers = ["broker", *(f"broker-{number}" for number in range(2, brokers + 1))]
        self.running, self.lock, self.start_s = {}, threading.RLock(), 0

    def __enter__(self):
        try:
            self.configure()
            began = time.monotonic()
            for name in (*self.brokers, *DEPARTMENTS):
                self.start(name)
            for broker in self.brokers:
                self.await_all_behind(broker)
            self.start_s = time.monotonic() - began  # until all serve: what this build and machine can do
        except BaseException:
            self.__exit__(AssertionError, None, None)
            raise
        return self

    def __exit__(self, kind, error, trace):
        for name in list(self.running):
            self.kill(name)
        if kind:
            for log in sorted(self.home.glob("*.log")):
                print(f"--- {log.name}\n{''.join(log.read_text(errors='replace').splitlines(True)[-20:])}", file=sys.stderr)
        shutil.rmtree(self.home, ignore_errors=True)

    # ---- programs ----

    def also(self, name):
        """More settings of a program."""
        return ""

    def configure(self):
        os.chmod(self.home, 0o700)
        lines = ['key = "broker.key_secret"', f"log = {self.log}", "limits", f"    grace-ms = {self.grace_ms}", "principals"]
        self.make_key("broker")
        for name, roles in self.people.items():
            self.make_key(name)
            lines += [f"    {name}", f'        key = "{name}.key"', f'        roles = "{roles}"']
            self.configure_caller(name, name, self.brokers)
            for broker in self.brokers:
                self.configure_caller(f"{name}@{broker}", name, [broker])
        for name in DEPARTMENTS:
            self.make_key(name)
            lines += [f"    {name}", f'        key = "{name}.key"', '        roles = "department"', f'        serves = "{name}"']
            brokers = "".join(f'broker\n    endpoint = "{self.endpoint(broker, "services")}"\n'
                              f'    clients = "{self.endpoint(broker, "clients")}"\n    certificate = "broker.key"\n'
                              for broker in self.brokers)
            self.write(f"{name}.conf", f'certificate = "{name}.key_secret"\nlog = {self.log}\n{brokers}'
                                       f'store\n    path = "data/{name}"\n    log = 1M\n{self.also(name)}')
        (self.home / "data").mkdir()
        for broker in self.brokers:
            ends = [f'{side} = "{self.endpoint(broker, side)}"' for side in ("clients", "services")]
            self.write(f"{broker}.conf", "\n".join([*ends, *lines]) + "\n" + self.also(broker))

    def endpoint(self, broker, side):
        return f"ipc://{self.home}/{broker}-{side}"

    def configure_caller(self, file, name, brokers):
        text = "".join(f'broker\n    endpoint = "{self.endpoint(broker, "clients")}"\n    certificate = "broker.key"\n'
                       for broker in brokers)
        self.write(f"{file}.conf", f'client\n    certificate = "{name}.key_secret"\n{text}')

    def write(self, name, text):
        (self.home / name).write_text(text)

    def make_key(self, name):
        subprocess.run([self.bin / "cli" / "kantor", "keys", "new", "-q", name, "--dir", self.home], check=True, capture_output=True)

    def store(self, name):
        return self.home / "data" / name

    def start(self, name):
        kind = "broker" if name in self.brokers else name
        program = self.bin / kind / f"kantor-{kind}"
        with self.lock, open(self.home / f"{name}.log", "a") as log:
            self.running[name] = subprocess.Popen([program, "--config", self.home / f"{name}.conf"], stdin=subprocess.DEVNULL,
                                                  stdout=log, stderr=log)

    def send(self, name, number):
        self.running[name].send_signal(number)

    def kill(self, name):
        """SIGKILL, and waits until it is gone."""
        with self.lock:
            process = self.running.pop(name)
            early = process.poll()
            process.kill()
            process.wait(20)
            assert early is None, f"{name} ended by itself with {early}"

    def stop(self, name, patience_s):
        """SIGTERM; how many seconds it took to end."""
        process, began = self.running[name], time.monotonic()
        process.terminate()
        code = process.wait(patience_s)
        assert code == 0, f"{name} ended with {code}"
        del self.running[name]
        return time.monotonic() - began

    def await_all_behind(self, broker):
        """Until that broker has all departments."""
        for name in DEPARTMENTS:
            self.kantor(f"otto@{broker}", "health", name, "--wait", "30")

    # ---- calls ----

    def try_kantor(self, who, *words, timeout=10):
        command = [self.bin / "cli" / "kantor", "--config", self.home / f"{who}.conf", "--timeout", str(timeout), *words,
                   *(("--trace", self.trace) if self.trace else ())]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout + 60)

    def kantor(self, who, *words, timeout=30):
        done = self.try_kantor(who, *words, timeout=timeout)
        if done.returncode != 0:
            raise Refused(" ".join((who, *words)), done.returncode, done.stdout + done.stderr)
        return done.stdout

    def call(self, who, method, **request):
        """The answer, however often the call has to be made: always under one key."""
        until = time.monotonic() + 60
        words = ("call", "-q", "--all", "--key", new_key(), method, json.dumps(request))
        while True:
            done = self.try_kantor(who, *words, timeout=self.timeout_s)
            if done.returncode == OK:
                return json.loads(done.stdout)
            if done.returncode not in self.again or time.monotonic() > until:
                raise Refused(f"{who} {method} {request}", done.returncode, done.stderr)

    def find(self, who, method, **request):
        """The same, or None when there is no such thing."""
        try:
            return self.call(who, method, **request)
        except Refused as refused:
            if refused.code != NOT_FOUND:
                raise
            return None

    def until(self, wanted, who, method, **request):
        """Asks until WANTED(answer); the answer is None while there is no such thing."""
        until = time.monotonic() + 60
        while True:
            got = self.find(who, method, **request)
            if wanted(got):
                return got
            assert time.monotonic() < until, f"{method} {request} stays {json.dumps(got)}"
            time.sleep(0.02)  # it is for another program to act
