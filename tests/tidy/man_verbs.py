#!/usr/bin/python3
"""Holds a man page against the program: every verb and option of --help is on the page, and no others are.

usage: man_verbs.py PAGE.md PROGRAM   a section "## VERB" for each verb of `PROGRAM --help`; options as **--name**
"""
import re
import subprocess
import sys


def help_of(program, *words):
    done = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=True)
    return done.stdout


def listed(text, title):
    """The first words of the lines below TITLE, up to an empty line."""
    part = text.split(f"\n{title}\n", 1)
    lines = part[1].split("\n\n")[0].splitlines() if len(part) > 1 else []
    return [line for line in lines if line.startswith("  ")]


def options(text, title):
    return {o for line in listed(text, title) for o in re.findall(r"--[a-z-]+", line[:28])}


def main():
    page, program = open(sys.argv[1]).read(), sys.argv[2]
    wrong = []

    def same(what, on_page, in_help):
        for name in sorted(in_help - on_page):
            wrong.append(f"{what}: {name} is not on the page")
        for name in sorted(on_page - in_help):
            wrong.append(f"{what}: {name} is on the page only")

    top = help_of(program)
    verbs = {re.split(r"  +", line.strip())[0] for line in listed(top, "verbs:")}
    sections = {}
    for part in re.split(r"^## ", page, flags=re.M)[1:]:
        name, _, rest = part.partition("\n")
        sections[name] = re.split(r"^# ", rest, flags=re.M)[0]
    same("verbs", set(sections), verbs)
    common = options(top, "options of every verb:")
    first = page.split("\n## ")[0]
    same("options of every verb", set(re.findall(r"\*\*(--[a-z-]+)\*\*", first)), common)
    for verb in sorted(verbs & set(sections)):
        in_help = options(help_of(program, *verb.split()), "options:")
        same(verb, set(re.findall(r"\*\*(--[a-z-]+)\*\*", sections[verb])), in_help)
    print("\n".join(wrong))
    print(f"man: {len(verbs)} verbs, {len(wrong)} remarks")
    return 1 if wrong or not verbs else 0


if __name__ == "__main__":
    sys.exit(main())
