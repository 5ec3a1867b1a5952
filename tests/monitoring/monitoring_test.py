#!/usr/bin/python3
"""Alerts, dashboard and runbook against the metrics that a broker and three departments serve, with promtool as the judge.

usage: monitoring_test.py BUILD_DIR
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))
from office import Office, skip  # noqa: E402

MONITORING = ROOT / "deploy/monitoring"
METRIC = re.compile(r"\b(?:kantor|process)_[a-z_]+\b")


def promtool(*arguments, text=None):
    done = subprocess.run(["promtool", *map(str, arguments)], input=text, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def rules_of(text):
    """alert -> its expression, as they stand in the file."""
    rules = {}
    for part in text.split("- alert: ")[1:]:
        name, rest = part.split("\n", 1)
        rules[name] = re.search(r"expr: (.*?)\n        (?:for|labels):", rest, re.S)[1]
    return rules


def served(office):
    """Names of all metrics of an office's four programs; what promtool remarks goes into the second."""
    names, remarks = set(), []
    ports = dict(zip(("clients", "services", "broker", "finance", "legal", "it"), (office.home / "ports").read_text().split()))
    for program in ("broker", "finance", "legal", "it"):
        with urllib.request.urlopen(f"http://127.0.0.1:{ports[program]}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        code, said = promtool("check", "metrics", text=text)
        if code != 0 or said.strip():
            remarks.append(f"promtool check metrics, {program}: {said.strip() or code}")
        for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M):
            names |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"} if kind == "histogram" else {name}
        if program != "broker":
            backup = re.search(r"^kantor_backup_timestamp_seconds (\d+)$", text, re.M)
            if (int(backup[1]) > 0) != (program == "finance"):
                remarks.append(f"{program} says of its last backup: {backup[1]}")
    return names, remarks


def unknown(expressions, names):
    """What EXPRESSIONS (where -> text) refer to and nobody serves."""
    return [f"{where}: nobody serves {name}" for where, text in expressions.items()
            for name in sorted(set(METRIC.findall(re.sub(r'"[^"]*"', "", text))) - names)]


def dashboard_expressions(text):
    dashboard, found = json.loads(text), {}
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            found[f"dashboard, {panel['title']} {target['refId']}"] = target["expr"]
    assert len(found) > 30, len(found)
    return found


def parse(expressions, folder):
    """promtool's word on expressions of a dashboard, which are no rules: as rules of their own."""
    rules = [{"record": f"checked:{n}", "expr": text.replace("$__rate_interval", "5m")} for n, text in enumerate(expressions.values())]
    file = folder / "dashboard.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    code, said = promtool("check", "rules", file)
    return [said] if code else []


def without_section(rules, runbook):
    sections = {title for title in re.findall(r"^### (\w+)$", runbook, re.M) if title.startswith("Kantor")}
    return [f"docs/operations.md has no section on {name}" for name in sorted(set(rules) - sections)] + \
           [f"docs/operations.md has a section on {name}, which is no alert" for name in sorted(sections - set(rules))]


def untold(runbook):
    """Events that the runbook names and no program logs."""
    told = set(re.findall(r"`event=([a-z-]+)`", runbook))
    sources = "".join(path.read_text() for place in ("common", "services") for path in (ROOT / place).rglob("*.c"))
    assert len(told) > 3, told
    return [f"docs/operations.md: nobody logs event={event}" for event in sorted(told) if f'"{event}"' not in sources]


def never(rule):
    return re.sub(r"^(['|]\s*)(.*?)('?)$", lambda m: f"{m[1]}({m[2]}) and vector(1) < 0{m[3]}", rule, flags=re.S)


def always(rule):
    """Whatever is compared with a number holds."""
    return re.sub(r"([<>=]=?) \d[\d.e* ]*", lambda m: {"<": "< 1e300", ">": "> -1e300", "==": ">= -1"}[m[1]] + " ",
                  rule.replace("< scalar(", "< 1e300 + scalar("))


def test_rules(folder, rules_text):
    """What promtool's tests say of RULES_TEXT: whether they hold."""
    (folder / "deploy/monitoring").mkdir(parents=True, exist_ok=True)
    (folder / "tests/monitoring").mkdir(parents=True, exist_ok=True)
    (folder / "deploy/monitoring/alerts.yml").write_text(rules_text)
    test = shutil.copy(ROOT / "tests/monitoring/alerts_test.yml", folder / "tests/monitoring")
    return promtool("test", "rules", test)


def blunted(folder, text, rules, blunt):
    """alert -> (instances expected to fire and instances that fire, of all failed tests), when every alert is blunt."""
    for rule in rules.values():
        text = text.replace(f"expr: {rule}\n", f"expr: {blunt(rule)}\n")
    code, said = test_rules(folder, text)
    assert code != 0 and "FAILED" in said and "parse error" not in said, said
    parts = re.split(r"^\s*(exp|got):", said, flags=re.M)
    told = {"exp": [], "got": []}
    for which, part in zip(parts[1::2], parts[2::2]):
        told[which] += re.findall(r'alertname="(\w+)"(?:, instance="(\w+)")?', part.split("\n\n")[0])
    return told


def check_alerts(folder, text, rules):
    wrong = []
    for arguments in (("check", "rules", MONITORING / "alerts.yml"), ("check", "config", MONITORING / "prometheus.yml")):
        code, said = promtool(*arguments)
        wrong += [said] if code else []
    code, said = test_rules(folder, text)
    wrong += [said] if code else []
    expected = {name for name, _ in blunted(folder, text, rules, never)["exp"]}
    wrong += [f"{name} never fires, and no test fails" for name in sorted(set(rules) - expected)]
    told = blunted(folder, text, rules, always)
    fired = {name for name, instance in set(told["got"]) - set(told["exp"])} | \
            {name for name, instance in told["got"] if told["got"].count((name, instance)) > told["exp"].count((name, instance))}
    wrong += [f"{name} always fires, and no test fails" for name in sorted(set(rules) - fired)]
    return wrong


def main():
    if not shutil.which("promtool"):
        skip("there is no promtool (Debian: prometheus; deploy/packages install ship); no alert and no name of a metric was checked")
    text = (MONITORING / "alerts.yml").read_text()
    dashboard = (MONITORING / "dashboard.json").read_text()
    runbook = (ROOT / "docs/operations.md").read_text()
    rules = rules_of(text)
    with Office(sys.argv[1]) as office:
        office.kantor("--as", "operator", "backup", "finance")
        names, wrong = served(office)
    with tempfile.TemporaryDirectory(prefix="kantor-monitoring-") as folder:
        folder = pathlib.Path(folder)
        wrong += check_alerts(folder, text, rules)
        panels = dashboard_expressions(dashboard)
        wrong += unknown({f"alert {name}": rule for name, rule in rules.items()}, names)
        wrong += unknown(panels, names) + parse(panels, folder) + without_section(rules, runbook) + untold(runbook)
        # And that these checks would say so.
        assert unknown({"x": 'kantor_open_cals / kantor_capacity_calls{a="kantor_b"}'}, names) == ["x: nobody serves kantor_open_cals"]
        assert parse({"x": "rate(kantor_open_calls[5m]"}, folder)
        assert untold(runbook + " `event=nobody-says-that`")
        assert without_section({**rules, "KantorNew": ""}, runbook) and without_section(dict(list(rules.items())[1:]), runbook)
    unused = sorted(name for name in names if name.startswith("kantor_") and not name.endswith("_count")
                    and name not in text + dashboard)
    print("\n".join(wrong))
    print(f"{len(names)} metrics, {len(rules)} alerts, each blunted in two ways, {len(panels)} queries of the dashboard, {len(wrong)} remarks")
    print(f"neither alert nor dashboard uses: {' '.join(unused)}")
    return 1 if wrong else 0


sys.exit(main())
