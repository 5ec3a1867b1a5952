#!/usr/bin/python3
"""Brings the models of Kubernetes' objects (npm, by package-lock.json) and holds deploy/kubernetes against them.

usage: kubernetes_test.py FOLDER SERVICES    FOLDER: where node_modules go and stay; SERVICES: built programs
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
DEPLOY = HERE.parents[1] / "deploy/kubernetes"
SKIPPED = 77


def skip(why):
    print(f"SKIPPED: {why}. Nothing was checked of deploy/kubernetes.")
    sys.exit(SKIPPED)


def modules(folder):
    """node_modules as the lock says; fetched once."""
    lock = (HERE / "package-lock.json").read_bytes()
    done = folder / "fetched"
    if done.exists() and done.read_bytes() == lock:
        return folder / "node_modules"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder / name)
    fetch = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
                           cwd=folder, capture_output=True, text=True)
    if fetch.returncode != 0:
        for word in ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "FETCH_ERROR"):
            if word in fetch.stderr:
                skip(f"npm cannot reach its registry ({word})")
        sys.exit(f"npm ci failed:\n{fetch.stdout}{fetch.stderr}")
    done.write_bytes(lock)
    return folder / "node_modules"


def render(folder):
    """The example overlay as kustomize makes it, if there is one: [file], else []."""
    for command in (["kubectl", "kustomize"], ["kustomize", "build"]):
        if shutil.which(command[0]):
            made = subprocess.run([*command, DEPLOY / "overlays/example"], capture_output=True, text=True)
            if made.returncode != 0:
                sys.exit(f"{' '.join(command)} refuses the example overlay:\n{made.stderr}")
            out = folder / "rendered.yaml"
            out.write_text(made.stdout)
            return [out]
    return []


def make_keys(folder, services):
    """What deploy/kubernetes/keys writes, in a file; FOLDER/keys has the keys."""
    env = {**os.environ, "KANTOR": str(services / "cli/kantor")}
    made = [subprocess.run([DEPLOY / "keys", folder / "keys"], env=env, check=True, capture_output=True, text=True).stdout
            for _ in range(2)]
    assert made[0] == made[1], "keys that were there were made anew"
    assert "secret-key" not in made[0], "a secret key stands outside its Secret"
    (folder / "keys.yaml").write_text(made[0])
    return folder / "keys.yaml"


def check_configuration(folder, services):
    """The programs themselves take the configuration of the ConfigMaps."""
    (folder / "config").mkdir()
    for name in ("broker", "finance", "legal", "it"):
        text = (DEPLOY / f"base/config/{name}.conf").read_text()
        file = folder / "config" / f"{name}.conf"
        for kind in ("public", "secret"):
            text = text.replace(f"/etc/kantor-keys/{kind}", str(folder / "keys"))
        file.write_text(text)
        subprocess.run([services / name / f"kantor-{name}", "--config", file, "--check-config"], check=True)


def main():
    if not shutil.which("npm") or not shutil.which("node"):
        skip("there is no npm")
    there = modules(pathlib.Path(sys.argv[1]).resolve())
    services = pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory(prefix="kantor-kubernetes-") as name:
        folder = pathlib.Path(name)
        keys = make_keys(folder, services)
        check_configuration(folder, services)
        command = ["node", HERE / "kubernetes_test.mjs", there, DEPLOY, keys, *render(folder)]
        sys.exit(subprocess.run(command).returncode)


main()
