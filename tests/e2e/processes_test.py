#!/usr/bin/python3
"""Purchases, hires and leaves over real programs, whose departments and broker are killed with SIGKILL at random moments: what
the departments answer in the end is what they answer where nobody died.

usage: processes_test.py BUILD_FOLDER [ROUNDS [SEED]]

Each round is a purchase and a hire at once, most of them followed by a leave; some are given up on the way. Compared are
balances, budget, places, schedules, employees, accounts, assets, licences, contracts, approvals, tasks, and every process's
timeline; the stores verify, and each department's history is the one that the others have seen.
"""
import random
import sys
import threading
import time

from departments import DEPARTMENTS, Departments
import story

# Of times, and of names that each run makes anew.
ANEW = ("process", "reservation", "reference", "nextPageToken", "upload", "asOf")


class Killer(threading.Thread):
    """Kills and restarts until it is stopped, about as often as a department needs to come back."""

    def __init__(self, office, seed):
        super().__init__()
        self.office, self.chance, self.enough = office, random.Random(seed), threading.Event()
        self.kills, self.problem = {}, None

    def run(self):
        try:
            pace = max(self.office.start_s, 0.1)
            while not self.enough.wait(self.chance.uniform(0.05, 1.5) * pace):
                victim = "broker" if self.chance.random() < 0.1 else self.chance.choice(DEPARTMENTS)
                self.office.kill(victim)
                if self.chance.random() < 0.3:
                    self.enough.wait(self.chance.uniform(0, pace))
                self.office.start(victim)
                self.kills[victim] = self.kills.get(victim, 0) + 1
        except BaseException as problem:
            self.problem = problem

    def stop(self):
        self.enough.set()
        self.join()
        if self.problem:
            raise self.problem


def hire_and_leave(office, number, states):
    states[f"h-{number}"] = story.hire(office, number)
    if states[f"h-{number}"] == "DONE" and number % 4 != 1:
        states[f"l-{number}"] = story.leave(office, number)


def play_round(office, number):
    """A purchase and a hire at once; the states in which they ended."""
    states, problems = {}, []

    def hiring():
        try:
            hire_and_leave(office, number, states)
        except BaseException as problem:
            problems.append(problem)

    other = threading.Thread(target=hiring)
    other.start()
    try:
        states[f"p-{number}"] = story.purchase(office, number)
    finally:
        other.join()
    if problems:
        raise problems[0]
    return states


# ---- what is there in the end ----

def plain(value):
    """Without times, and without what is made anew."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items() if not key.endswith("Us") and key not in ANEW}
    return [plain(part) for part in value] if isinstance(value, list) else value


def timelines(office, department):
    """subject -> what happened in its processes, step by step."""
    found = {}
    for process in office.call("rev", f"{department}/Processes/ListProcesses", pageSize=1000)["processes"]:
        got = office.call("rev", f"{department}/Processes/GetProcess", process=process["process"])
        story_of = [f"{entry['step']}:{entry['kind']}:{entry['by']}" for entry in got["timeline"]]
        found[f"{process['type']} {process['subject']}"] = (process["state"], story_of)
    return found


def snapshot(office, rounds):
    asked = {}

    def ask(who, method, **request):
        asked[f"{method} {request}"] = plain(office.find(who, method, **request))

    ask("carla", "Employees/ListEmployees", book="company")
    ask("rev", "Employees/ListHeadcounts", book="company")
    ask("rev", "Budgets/GetBudget", book="company", costCentre="it", commodity="IDR")
    for account in ("assets:bank", "expenses:software", "liabilities:payable"):
        ask("rev", "Ledger/GetBalance", book="company", account=account)
    for method in ("Software/ListLicences", "Accounts/ListAssets", "Accounts/ListAccounts", "Purchases/ListPurchases",
                   "Policies/ListEmployees", "Hires/ListHires", "Hires/ListLeaves", "Contracts/ListContracts"):
        ask("olga" if method.startswith("Policies") else "rev", method)
    for number in range(rounds):
        ask("rev", "Payables/GetSchedule", schedule=f"p-{number}")
        ask("rev", "Software/ListSeats", licence=f"p-{number}")
        ask("olga", "Policies/ListTasks", employee=f"e-{number}")
        for contract in (f"p-{number}", f"h-{number}"):
            ask("rev", "Contracts/GetContract", contract=contract)
            ask("rev", "Contracts/ListApprovals", contract=contract)
            ask("rev", "Contracts/ListVersions", contract=contract)
    for department in ("it", "legal"):
        asked[f"processes of {department}"] = timelines(office, department)
    return asked


def assert_sound(office):
    for name in DEPARTMENTS:
        said = office.kantor("rev", "verify", name)
        assert "nothing differs" in said, said
    office.kantor("rev", "verify", "--witness")


def play(build, rounds, seed=None):
    """All rounds in an office of its own, with deaths if there is a seed; what is there in the end."""
    with Departments(build, [f"e-{number}" for number in range(rounds)]) as office:
        story.open_office(office)
        killer = Killer(office, seed) if seed is not None else None
        if killer:
            killer.start()
        states = {}
        try:
            for number in range(rounds):
                states.update(play_round(office, number))
        finally:
            if killer:
                killer.stop()
        for name in DEPARTMENTS:
            office.kantor("otto", "health", name, "--wait", "30")
        found = snapshot(office, rounds)
        assert_sound(office)
        return states, found, killer.kills if killer else {}


def differences(expected, got):
    return [f"{key}\n  expected {expected.get(key)}\n  got      {got.get(key)}"
            for key in sorted(set(expected) | set(got)) if expected.get(key) != got.get(key)]


def main():
    build = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32)
    day = story.today()
    began = time.monotonic()
    print(f"{rounds} rounds, seed {seed}", flush=True)
    expected_states, expected, _ = play(build, rounds)
    print(f"without deaths: {time.monotonic() - began:.1f} s, {len(expected_states)} processes", flush=True)
    states, got, kills = play(build, rounds, seed)
    print(f"with deaths of {kills}: {time.monotonic() - began:.1f} s in all", flush=True)
    if story.today() != day:
        print("midnight passed, so the days differ")
        return 77
    assert states == expected_states, differences(expected_states, states)
    wrong = differences(expected, got)
    assert not wrong, "\n".join(wrong[:5])
    assert sum(kills.values()) >= rounds, kills
    assert set(states.values()) == {"DONE", "REJECTED"}, states
    return 0


if __name__ == "__main__":
    sys.exit(main())
