#!/usr/bin/python3
"""systemd's own tools look at deploy/systemd: no remarks, and as little exposed as a service with a network can be. And an office
under strace shows that the programs need no system call that their units forbid: systemd itself cannot run them here.

usage: units_test.py SERVICES    the folder with the built programs, in place of /usr/bin
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from packages import ROOT, run, skip

sys.path.insert(0, str(ROOT / "tests/e2e"))
from office import Office  # noqa: E402

# Of 10. What remains: the network itself, which addresses it may reach (the operator's to say), the clock's device, and that
# libzmq calls sched_setscheduler.
EXPOSURE_MAX = {"broker": 1.4, "finance": 1.4, "legal": 1.4, "it": 1.4,
                "backup@": 1.7}  # which is root, but without a capability

TIMER = "# and its timer\n"  # between the two files of kantor-backup@

# unit, what stands there, what stands there instead
MISTAKES = [
    ("finance", "ProtectSystem=strict", "ProtectSystem=strickt"),
    ("finance", "NoNewPrivileges=yes", "NoNewPriviledges=yes"),
    ("finance", "Type=exec", "Type=execute"),
    ("finance", "Restart=on-failure", "Restart=on-fail"),
    ("finance", "MemoryMax=4G", "MemoryMax=4 gigabytes"),
    ("finance", "SystemCallFilter=@system-service", "SystemCallFilter=@system-services"),
    ("finance", "RestrictAddressFamilies=AF_INET ", "RestrictAddressFamilies=AF_INTE "),
    ("finance", "ExecStart=/usr/bin/kantor-finance", "ExecStart=/usr/bin/kantor-finances"),
    ("finance", "StateDirectory=kantor/finance", "StateDirectory=/kantor/finance"),
    ("backup@", "Type=oneshot", "Type=onceshot"),
    ("backup@", "CapabilityBoundingSet=\n", ""),
    ("backup@", "ProtectSystem=strict\n", ""),
    ("backup@", "OnCalendar=hourly", "OnCalendar=ourly"),
    ("broker", "NoNewPrivileges=yes\n", ""),
    ("broker", "User=kantor-broker", "User=root"),
    ("broker", "CapabilityBoundingSet=\n", ""),
    ("broker", "ProtectSystem=strict", "ProtectSystem=no"),
    ("broker", "SystemCallFilter=@system-service\n", ""),
    ("broker", "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX\n", ""),
]


def remarks(folder, services, name, text):
    """What systemd-analyze says against the unit, as one text; empty: nothing."""
    folder.mkdir()
    text = text.replace(f"/usr/bin/kantor-{name} ", f"{services}/{name}/kantor-{name} ").replace("/usr/bin/kantor ", f"{services}/cli/kantor ")
    service, _, timer = text.partition(TIMER)
    unit = folder / f"kantor-{name}{'finance' if name.endswith('@') else ''}.service"
    unit.write_text(service)
    if timer:
        unit.with_suffix(".timer").write_text(timer)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *folder.iterdir()], capture_output=True, text=True)
    said = [line for line in (done.stdout + done.stderr).splitlines() if f"kantor-{name}" in line]
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_MAX[name] * 10:.0f}", unit],
                          capture_output=True, text=True)
    if done.returncode != 0:
        said += [line for line in (done.stdout + done.stderr).splitlines() if "exposure level" in line] or ["security failed"]
    return "\n".join(said)


def members(name):
    """The system calls of a set such as @system-service, or the one call NAME."""
    if not name.startswith("@"):
        return {name}
    lines = run("systemd-analyze", "syscall-filter", name).splitlines()[1:]
    return set().union(*(members(line.strip()) for line in lines if line.strip() and not line.strip().startswith("#")))


def allowed(text):
    """What a unit's lines SystemCallFilter leave, in their order: the first gives, later ones take (~) or give."""
    calls = set()
    for taken, names in re.findall(r"^SystemCallFilter=(~?)(.*)$", text, re.M):
        sets = set().union(*map(members, names.split()))
        calls = calls - sets if taken else calls | sets
    return calls


def written(file, last):
    """FILE's text, once LAST stands in it: strace is a process of its own, and may be a little later."""
    until = time.monotonic() + 20
    while last not in (text := file.read_text(errors="replace")):
        assert time.monotonic() < until, f"{file.name} does not end with {last}: {text[-300:]}"
        time.sleep(0.01)
    return text


def made(services, folder):
    """program -> the system calls that it makes in an office that works, is backed up and verified, and closes."""
    wrappers = folder / "bin"
    wrappers.mkdir()
    (wrappers / "kantor").symlink_to(services / "cli/kantor")
    names = ("broker", "finance", "legal", "it")
    for name in names: # -D: the program keeps the number of the process that was started
        wrapper = wrappers / f"kantor-{name}"
        wrapper.write_text(f"#!/bin/sh\nexec strace -D -f -qq -o {folder}/calls.{name} {services}/{name}/kantor-{name} \"$@\"\n")
        wrapper.chmod(0o755)
    office = Office(services.parent)
    office.env["KANTOR_BIN"] = str(wrappers)
    with office:
        office.call("Books/CreateBook", {"book": {"book": "acme", "kind": "COMPANY"}}, who="analyst")
        for name in names[1:]:
            office.kantor("--as", "operator", "backup", name)
            office.kantor("--as", "operator", "verify", name)
        office.run("down")
    calls = {}
    for name in names:
        text = written(folder / f"calls.{name}", "exit_group(0)")
        calls[name] = set(re.findall(r"^\d+ +(\w+)\(", text, re.M))
        assert len(calls[name]) > 40, calls[name]
    return calls


def main():
    if not shutil.which("systemd-analyze"):
        skip("there is no systemd-analyze (deploy/packages install package); nothing was checked of deploy/systemd")
    services, wrong = pathlib.Path(sys.argv[1]).resolve(), []
    texts = {path.stem.removeprefix("kantor-"): path.read_text() for path in (ROOT / "deploy/systemd").glob("*.service")}
    texts["backup@"] += TIMER + (ROOT / "deploy/systemd/kantor-backup@.timer").read_text()
    assert sorted(texts) == sorted(EXPOSURE_MAX), texts.keys()
    with tempfile.TemporaryDirectory(prefix="kantor-units-") as folder:
        folder = pathlib.Path(folder)
        for name, text in texts.items():
            said = remarks(folder / name, services, name, text)
            if said:
                wrong.append(f"kantor-{name}.service: {said}")
            assert name in ("broker", "finance", "backup@") or same(texts, name), f"{name} and finance differ in more than the name"
        for number, (name, before, after) in enumerate(MISTAKES):
            assert before in texts[name], f"a mistake has no place any more: {before}"
            if not remarks(folder / str(number), services, name, texts[name].replace(before, after)):
                wrong.append(f"kantor-{name}.service with {after!r} for {before!r}: nothing was said")
        traced = shutil.which("strace") and subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0
        for name, calls in (made(services, folder).items() if traced else ()):
            wrong += [f"kantor-{name}.service forbids {call}, which it makes" for call in sorted(calls - allowed(texts[name]))]
            assert calls - allowed(texts[name].replace("\nSystemCallFilter=sched_setscheduler", "")), "the check sees nothing"
    print("\n".join(wrong))
    print(f"{len(texts)} units, {len(MISTAKES)} mistakes, {len(wrong)} remarks; "
          f"system calls {'compared' if traced else 'NOT compared: there is no strace that works'}")
    return 1 if wrong else 0


def same(texts, name):
    """Departments' units differ in the name, and the description that has it."""
    def lines(of):
        return [line.replace(f"kantor-{of}", "kantor-NAME").replace(f"/{of}", "/NAME")
                for line in texts[of].splitlines() if not line.startswith("Description=")]
    return lines(name) == lines("finance")


sys.exit(main())
