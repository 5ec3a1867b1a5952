#!/usr/bin/python3
"""Holds a page of drawings against the tables in the code.

usage: drawing.py PAGE.md PROGRAM   PROGRAM prints the page as it is to be
"""
import difflib
import subprocess
import sys


def main():
    path, program = sys.argv[1], sys.argv[2]
    drawn = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    try:
        page = open(path).read()
    except FileNotFoundError:
        page = ""
    if page == drawn and drawn:
        print(f"{path}: {drawn.count(chr(10) + '## ')} tables, all as drawn")
        return 0
    sys.stdout.writelines(list(difflib.unified_diff(page.splitlines(True), drawn.splitlines(True), path, "the code"))[:60])
    print(f"{path}: the page is not what the code says; renew it: {program} > {path}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
