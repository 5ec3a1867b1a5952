#!/usr/bin/python3
"""systemd's own tools look at deploy/systemd: no remarks, and as little exposed as a service with a network can be.

usage: units_test.py SERVICES    the folder with the built programs, in place of /usr/bin
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

from packages import ROOT, skip

# Of 10. What remains: the network itself, which addresses it may reach (the operator's to say), the clock's device.
EXPOSURE_MAX = 1.3

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
    unit = folder / f"kantor-{name}.service"
    unit.write_text(text.replace(f"/usr/bin/kantor-{name} ", f"{services}/{name}/kantor-{name} "))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    said = [line for line in (done.stdout + done.stderr).splitlines() if f"kantor-{name}" in line]
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_MAX * 10:.0f}", unit],
                          capture_output=True, text=True)
    if done.returncode != 0:
        said += [line for line in (done.stdout + done.stderr).splitlines() if "exposure level" in line] or ["security failed"]
    return "\n".join(said)


def main():
    if not shutil.which("systemd-analyze"):
        skip("there is no systemd-analyze (deploy/packages install package); nothing was checked of deploy/systemd")
    services, wrong = pathlib.Path(sys.argv[1]).resolve(), []
    texts = {path.stem.removeprefix("kantor-"): path.read_text() for path in (ROOT / "deploy/systemd").glob("*.service")}
    assert sorted(texts) == ["broker", "finance", "it", "legal"], texts.keys()
    with tempfile.TemporaryDirectory(prefix="kantor-units-") as folder:
        folder = pathlib.Path(folder)
        for name, text in texts.items():
            said = remarks(folder / name, services, name, text)
            if said:
                wrong.append(f"kantor-{name}.service: {said}")
            assert name in ("broker", "finance") or same(texts, name), f"{name} and finance differ in more than the name"
        for number, (name, before, after) in enumerate(MISTAKES):
            assert before in texts[name], f"a mistake has no place any more: {before}"
            if not remarks(folder / str(number), services, name, texts[name].replace(before, after)):
                wrong.append(f"kantor-{name}.service with {after!r} for {before!r}: nothing was said")
    print("\n".join(wrong))
    print(f"{len(texts)} units, {len(MISTAKES)} mistakes, {len(wrong)} remarks")
    return 1 if wrong else 0


def same(texts, name):
    """Departments' units differ in the name, and the description that has it."""
    def lines(of):
        return [line.replace(f"kantor-{of}", "kantor-NAME").replace(f"/{of}", "/NAME")
                for line in texts[of].splitlines() if not line.startswith("Description=")]
    return lines(name) == lines("finance")


sys.exit(main())
