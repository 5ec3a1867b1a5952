"""office.py: a whole office in a temporary folder, made by deploy/up, for the end-to-end tests."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
SKIPPED = 77


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def ports():
    """A range for each test: a process that is being restarted must not find its port taken by an office beside it."""
    tests = sorted(path.name for path in pathlib.Path(__file__).parent.glob("*_test.py"))
    name = pathlib.Path(sys.argv[0]).name
    first = 15000 + 1000 * (tests.index(name) if name in tests else len(tests))
    return f"{first}-{first + 999}"


class Office:
    """with Office(build_folder) as office: ..."""

    def __init__(self, build, sample=False):
        self.env = {**os.environ, "KANTOR_BIN": str(pathlib.Path(build).resolve() / "services"), "KANTOR_PORTS": ports()}
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="kantor-office-"))
        self.sample = sample

    def __enter__(self):
        try:
            self.up()
        except BaseException:
            self.show_logs()
            self.close()
            raise
        return self

    def __exit__(self, kind, error, trace):
        if kind:
            self.show_logs()
        self.close()

    def close(self):
        self.run("down", check=False)
        shutil.rmtree(self.home, ignore_errors=True)

    def show_logs(self):
        for log in sorted((self.home / "log").glob("*.log")):
            print(f"--- {log.name}\n{''.join(log.read_text(errors='replace').splitlines(True)[-30:])}", file=sys.stderr)

    def run(self, script, *arguments, check=True, input=""):
        command = [str(ROOT / "deploy" / script), "--home", str(self.home), *arguments]
        done = subprocess.run(command, env=self.env, input=input, capture_output=True, text=True, timeout=300)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def up(self, *arguments):
        return self.run("up", "--yes", *([] if self.sample else ["--bare"]), *arguments)

    def kantor(self, *arguments, check=True, input=""):
        return self.run("kantor", *arguments, check=check, input=input)

    def call(self, method, request, who="clerk"):
        return json.loads(self.kantor("--as", who, "call", method, json.dumps(request)).stdout)

    def pid(self, name):
        return int((self.home / "run" / f"{name}.pid").read_text())

    def config(self, principal):
        return str(self.home / "etc" / "as" / f"{principal}.conf")

    def kill(self, name):
        """SIGKILL, and waits until the process is gone."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                if not pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                    return  # a zombie: all of its threads are gone, and its files are closed
            except FileNotFoundError:
                return
            time.sleep(0.002)

    def start(self, name):
        """Starts one process of the office again; does not wait until it serves."""
        self.run("up", "--yes", "--start", name)

    def resident_kib(self, name):
        for line in pathlib.Path(f"/proc/{self.pid(name)}/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                return int(line.split()[1])
        raise AssertionError(f"no RssAnon for {name}")
