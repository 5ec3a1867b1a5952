#!/usr/bin/python3
"""Builds the Debian packages, installs them with dpkg in a Debian 12 that has nothing but their dependencies, and makes there the
first call by hand that kantor(1) shows.

usage: debs_test.py BUILD_DIR
"""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from packages import ROOT, cache, run, skip

PACKAGES = ["kantor", "kantor-broker", "kantor-finance", "kantor-it", "kantor-legal", "libkantor-dev"]
MIRROR = os.environ.get("KANTOR_MIRROR", "http://deb.debian.org/debian")
# What kantor-backup@finance.service runs: root without a capability.
AS_TIMER = "setpriv --bounding-set=-all --inh-caps=-all kantor --quiet --config /etc/kantor/operator.conf backup finance\n"
CLOSED = dict(os.environ, DEBIAN_FRONTEND="noninteractive", LC_ALL="C", PATH="/usr/sbin:/usr/bin:/sbin:/bin")


def build(build_dir, folder):
    run("cpack", "-G", "DEB", "-B", folder, cwd=build_dir)
    return sorted(folder.glob("*.deb"))


def wanted(debs):
    """The packages that DEBS depend on, by name alone and without our own."""
    names = set()
    for deb in debs:
        depends = run("dpkg-deb", "-f", deb, "Depends")
        names |= {re.match(r"[\w.+-]+", one.strip())[0] for one in depends.split(",") if one.strip()}
    return sorted(names - set(PACKAGES))


def root_with(folder, names):
    """A new Debian in FOLDER with the packages NAMES; made once and kept as an archive."""
    key = hashlib.sha256(" ".join(names).encode()).hexdigest()[:12]
    archive = cache() / f"bookworm-{key}.tar"
    if not archive.exists():
        made = subprocess.run(["debootstrap", "--variant=minbase", f"--include={','.join(names)}", "bookworm", folder, MIRROR],
                              capture_output=True, text=True)
        if made.returncode != 0:
            if re.search(r"Failed getting release file|Couldn't download|Temporary failure|unreachable", made.stdout + made.stderr):
                skip(f"debootstrap cannot reach {MIRROR}; no package was installed anywhere")
            sys.exit(f"debootstrap: exit {made.returncode}\n{made.stdout[-2000:]}{made.stderr[-2000:]}")
        part = archive.with_suffix(f".{os.getpid()}")
        run("tar", "-C", folder, "--exclude=./proc/*", "--exclude=./var/cache/apt/archives/*.deb", "-cf", part, ".")
        part.rename(archive)
    else:
        run("tar", "-C", folder, "-xf", archive)


def inside(folder, script):
    """Runs SCRIPT by bash in the root FOLDER, in namespaces of its own: its ports are free, and what it leaves running ends."""
    (folder / "script").write_text(script)
    return subprocess.run(["unshare", "--net", "--pid", "--mount", "--fork", "--kill-child", "sh", "-c",
                           "ip link set lo up && mount -t proc proc \"$1/proc\" && exec chroot \"$1\" /bin/bash -e /script", "sh", folder],
                          capture_output=True, text=True, env=CLOSED, timeout=120)


def first_call():
    """The commands of the manual's section, as they stand there."""
    page = (ROOT / "docs/man/kantor.1.md").read_text()
    section = page.split("\n# A FIRST CALL\n")[1].split("\n# ")[0]
    lines = [line[4:] for line in section.splitlines() if line.startswith("    ")]
    assert len(lines) > 10, lines
    return "\n".join(lines) + "\n"


def check_files(folder, debs):
    listed = {deb.name.split("_")[0]: run("dpkg-deb", "-c", deb) for deb in debs}
    assert sorted(listed) == PACKAGES, sorted(listed)
    for name, manual in (("kantor", "man1/kantor.1"), ("kantor", "man5/kantor.conf.5"), ("kantor-broker", "man8/kantor-broker.8"),
                         ("kantor-broker", "man5/kantor-broker.conf.5"), ("kantor-finance", "man8/kantor-finance.8"),
                         ("kantor-legal", "man8/kantor-legal.8"), ("kantor-it", "man8/kantor-it.8"),
                         ("kantor", "bash-completion/completions/kantor"), ("kantor", "system/kantor-backup@.timer")):
        assert manual in listed[name], f"{name} has no {manual}"
    for unit in ("broker", "finance", "legal", "it"):
        assert f"/usr/lib/systemd/system/kantor-{unit}.service" in listed[f"kantor-{unit}"], listed[f"kantor-{unit}"]
        assert f"/etc/kantor/{unit}.conf" in run("dpkg-deb", "-I", folder / next(d.name for d in debs if f"-{unit}_" in d.name), "conffiles")


def main():
    if os.geteuid() != 0:
        skip("this is not root, who alone may make a root of its own; no package was installed anywhere")
    for program in ("debootstrap", "unshare", "ip", "lowdown", "dpkg-shlibdeps"):
        if not shutil.which(program):
            skip(f"there is no {program} (deploy/packages install package); no package was installed anywhere")
    with tempfile.TemporaryDirectory(prefix="kantor-debs-") as name:
        folder = pathlib.Path(name)
        debs = build(pathlib.Path(sys.argv[1]).resolve(), folder / "debs")
        check_files(folder / "debs", debs)
        root = folder / "root"
        root.mkdir()
        root_with(root, wanted(debs))
        for deb in debs:
            shutil.copy(deb, root)
        done = inside(root, "dpkg -i /*.deb\ndpkg -V " + " ".join(PACKAGES))
        assert done.returncode == 0, f"dpkg -i: exit {done.returncode}\n{done.stdout}{done.stderr}"
        done = inside(root, "id -nG kantor-finance\nstat -c '%U %a' /var/lib/kantor/finance /var/lib/kantor/backups/it\n")
        assert done.stdout == "kantor-finance\nkantor-finance 700\nkantor-it 700\n", done.stdout + done.stderr
        done = inside(root, first_call() + AS_TIMER + "kill %1 %2; wait %1; wait %2\n")
        assert done.returncode == 0, f"the first call of kantor(1): exit {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Acme" in done.stdout and "SERVING" in done.stdout and "backups/finance/finance-2" in done.stdout, done.stdout + done.stderr
        # Gone without a trace of the programs, and with the office left where it was.
        done = inside(root, f"dpkg --purge {' '.join(PACKAGES)}\n! command -v kantor-finance\n"
                            "test -e /var/lib/kantor/finance/data.mdb\ntest -e /etc/kantor/keys/finance.key_secret\n")
        assert done.returncode == 0, f"dpkg --purge: exit {done.returncode}\n{done.stdout}{done.stderr}"
    print(f"{len(debs)} packages installed by dpkg -i; the first call of kantor(1) was answered")


main()
