#!/usr/bin/python3
"""Installs to a temporary prefix and builds the example client against it with pkg-config alone.

usage: install_test.py BUILD_DIR
"""
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
WARNINGS = ["-std=gnu17", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, text=True,
                          stdout=subprocess.PIPE, **options).stdout


def headers_stand_alone(prefix, flags):
    """Every installed kt header compiles by itself, with nothing of the source tree in reach."""
    for header in sorted(prefix.glob("include/kantor-*/kt/*.h")):
        run("cc", *WARNINGS, "-fsyntax-only", *flags, "-x", "c", "-",
            input=f"#include <kt/{header.name}>\n")


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="kantor-install-") as folder:
        prefix = pathlib.Path(folder) / "prefix"
        run("cmake", "--install", build, "--prefix", prefix)
        moved = pathlib.Path(folder) / "moved"  # what is installed may be moved
        prefix.rename(moved)
        [pc] = moved.glob("**/kantor.pc")
        environment = dict(os.environ, PKG_CONFIG_PATH=str(pc.parent))
        flags = run("pkg-config", "--cflags", "kantor", env=environment).split()
        libs = run("pkg-config", "--libs", "kantor", env=environment).split()
        assert str(moved) in " ".join(flags), flags
        headers_stand_alone(moved, flags)
        example = pathlib.Path(folder) / "example"
        extra = os.environ.get("KANTOR_LINK", "").split()
        run("cc", *WARNINGS, *extra, HERE / "example.c", *flags, *libs, "-o", example)
        answer = subprocess.run([example, "/no/such/kantor.conf", "hello"], text=True,
                                stderr=subprocess.PIPE)
        assert answer.returncode == 1, answer
        assert "the configuration cannot be read" in answer.stderr, answer
        for program in ("kantor", "kantor-broker"):
            assert os.access(moved / "bin" / program, os.X_OK), program
    print("installed, moved, and built against")


main()
