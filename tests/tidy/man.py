#!/usr/bin/python3
"""Every option a program's --help names is in its manual, and the other way round.

usage: man.py PROGRAM=MANUAL ...
"""
import re
import subprocess
import sys

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def main():
    wrong = []
    for pair in sys.argv[1:]:
        program, manual = pair.split("=")
        told = subprocess.run([program, "--help"], capture_output=True, text=True, check=True, timeout=10).stdout
        written = open(manual, encoding="utf-8").read()
        in_help, in_manual = set(OPTION.findall(told)), set(OPTION.findall(written))
        wrong += [f"{manual}: {option} is missing" for option in sorted(in_help - in_manual)]
        wrong += [f"{program} --help: {option} is only in the manual" for option in sorted(in_manual - in_help)]
        if not in_help:
            wrong.append(f"{program} --help names no option")
    print("\n".join(wrong))
    print(f"manuals: {len(sys.argv) - 1} compared, {len(wrong)} remarks")
    return 1 if wrong or len(sys.argv) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
