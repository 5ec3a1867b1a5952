#!/usr/bin/python3
"""Runs python_client.py, which knows nothing but the protocol's text, against an office.

usage: python_client_test.py BUILD_FOLDER
"""
import re
import subprocess
import sys

from office import ROOT, Office


def key(path, name):
    return re.search(rf'{name} = "([^"]+)"', path.read_text()).group(1)


def main():
    with Office(sys.argv[1], sample=True) as office:
        endpoint = re.search(r'clients = "([^"]+)"', (office.home / "etc/broker.conf").read_text()).group(1)
        own = office.home / "keys/clerk.key_secret"
        done = subprocess.run([sys.executable, str(ROOT / "tests/e2e/python_client.py"), endpoint,
                               key(office.home / "keys/broker.key", "public-key"), key(own, "public-key"), key(own, "secret-key"),
                               str(ROOT / "proto")], timeout=120, check=False)
        assert done.returncode == 0
        assert office.kantor("verify", "finance").returncode == 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
