#!/usr/bin/python3
"""What a machine can check of the house style (docs/hacking.md).

usage: tidy.py [ROOT]   exit 1 when something is untidy
"""
import pathlib
import re
import shutil
import subprocess
import sys

LINE_MAX = 100
FUNCTION_MAX = 70
FILE_MAX = 700
TEST_FILE_MAX = 800
# Written so that this file does not find itself.
FORBIDDEN = re.compile(r"\b(TO" r"DO|FIX" r"ME|HA" r"CK)\b|not imple" r"mented yet")
GUARD = re.compile(r"#ifndef (\w+_H)\n#define \1\n")
LIBRARY_READMES = ("common/*", "services/*")


def functions(lines):
    """(first line, length) of every function: our style puts its braces in column one."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            yield start, number - start + 1
            start = None


def check_c(path, text, say):
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_MAX:
            say(f"{path}:{number}: {len(line)} columns, at most {LINE_MAX}")
        if "\t" in line:
            say(f"{path}:{number}: a tab")
    for start, length in functions(lines):
        if length > FUNCTION_MAX:
            say(f"{path}:{start}: a function of {length} lines, at most {FUNCTION_MAX}")
    most = TEST_FILE_MAX if path.parts[0] == "tests" else FILE_MAX
    if len(lines) > most:
        say(f"{path}: {len(lines)} lines, at most {most}: does it still hold one idea?")
    if path.suffix == ".h" and not GUARD.search(text):
        say(f"{path}: no include guard")
    if path.suffix == ".h" and not text.startswith("/*"):
        say(f"{path}: does not begin by saying what it is")


def check(root, clang_format):
    untidy = []
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True, check=True).stdout.split("\n")
    files = [pathlib.Path(name) for name in listed if name and (root / name).is_file()]
    sources = [p for p in files if p.suffix in (".c", ".h")]
    for path in files:
        if path.suffix not in (".c", ".h", ".py", ".proto", ".cmake", ".txt", ".sh", ".md", ""):
            continue
        if "corpus" in path.parts:
            continue
        try:
            text = (root / path).read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if FORBIDDEN.search(line):
                untidy.append(f"{path}:{number}: a word that marks something unfinished")
            if line != line.rstrip():
                untidy.append(f"{path}:{number}: blanks at the end")
        if path in sources and "golden" not in path.parts:
            check_c(path, text, untidy.append)
    if clang_format and sources:
        ours = [str(root / p) for p in sources if "golden" not in p.parts]
        run = subprocess.run([clang_format, "--dry-run", "-Werror", *ours], capture_output=True, text=True)
        wrong = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", run.stderr, re.M)))
        untidy += [f"{w}: not as clang-format writes it" for w in wrong]
    for pattern in LIBRARY_READMES:
        for folder in sorted(root.glob(pattern)):
            if folder.is_dir() and any(folder.rglob("*.c")) and not (folder / "README.md").exists():
                untidy.append(f"{folder.relative_to(root)}: no README.md")
    return untidy, len(files)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    clang_format = shutil.which("clang-format-14") or shutil.which("clang-format")
    untidy, files = check(root, clang_format)
    print("\n".join(untidy))
    print(f"tidy: {files} files, {len(untidy)} remarks" + ("" if clang_format else " (clang-format is not installed)"))
    return 1 if untidy or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
