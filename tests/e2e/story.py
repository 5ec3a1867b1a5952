"""story.py: what people do in a purchase, a hire and a leave, over the real programs (departments.py). Each act is made until it
is answered, whoever dies meanwhile."""
import base64
import datetime
import time

from departments import FAILED_PRECONDITION, Refused

BUDGET_MINOR = 100_000_000_000
LAPTOPS = 8
PLACES = 8


def today():
    return datetime.datetime.now(datetime.timezone.utc).date()


def open_books(office):
    office.call("ana", "Books/CreateBook", book={"book": "company", "kind": "COMPANY", "title": "Merapi Niaga"})
    accounts = ("assets:bank", "expenses:software", "liabilities:payable", "equity:capital")
    office.call("carla", "Books/OpenAccounts", book="company", accounts=[{"account": name} for name in accounts])
    office.call("carla", "Ledger/PostEntry", book="company", entry={
        "date": str(today()), "description": "Capital", "lines": [
            {"account": "assets:bank", "commodity": "IDR", "amountMinor": 90_000_000_000},
            {"account": "equity:capital", "commodity": "IDR", "amountMinor": -90_000_000_000}]})
    office.call("ana", "Budgets/CreateCostCentre", book="company", costCentre="it", title="IT", manager="erik")
    office.call("ana", "Budgets/SetBudget", book="company", costCentre="it", commodity="IDR", periodFrom=f"{today():%Y-%m}",
                periodTo=f"{today() + datetime.timedelta(32):%Y-%m}", amountMinor=BUDGET_MINOR)
    office.call("ana", "Employees/SetHeadcount", book="company", costCentre="it", position="engineer", count=PLACES)


def open_rest(office):
    office.call("ceo", "Oversight/SetThresholds", thresholds={"values": [
        {"currency": "IDR", "level": "OFFICER", "fromMinor": 0}, {"currency": "IDR", "level": "FINANCE", "fromMinor": 1_000_000_000},
        {"currency": "IDR", "level": "CEO", "fromMinor": 2_000_000_000}]})
    office.call("olga", "Parties/CreateParty", party={"party": "editor-inc", "kind": "COMPANY", "name": "Editor Inc.", "country": "US"})
    office.call("olga", "Policies/CreatePolicy", policy="conduct", title="Code of conduct", mustAcknowledge=True)
    office.call("olga", "Policies/PublishVersion", policy="conduct", text="QmUga2luZC4=", effectiveFrom=str(today()))
    office.call("erik", "Software/CreateProduct", product={"product": "editor", "title": "Editor"})
    for number in range(1, LAPTOPS + 1):
        office.call("erik", "Accounts/RegisterAsset", asset={"asset": f"lap-{number}", "kind": "laptop"})


def open_office(office):
    open_books(office)
    open_rest(office)


# ---- contracts ----

def drafted(office, contract):
    return office.until(lambda view: view, "olga", "Contracts/GetContract", contract=contract)


def upload(office, contract):
    begun = office.call("olga", "Contracts/BeginVersion", contract=contract, mediaType="text/plain", name="contract.txt")
    office.call("olga", "Contracts/PutChunk", upload=begun["upload"], data=base64.b64encode(b"We agree.").decode())
    office.call("olga", "Contracts/FinishVersion", upload=begun["upload"], size=9)


def approve(office, contract):
    """To an approved contract, from a drafted one; the answer is the hash of its version."""
    upload(office, contract)
    office.call("olga", "Contracts/SubmitContract", contract=contract)
    view = office.call("olga", "Contracts/StartApproval", contract=contract)
    for level in view["needed"]:
        who = {"OFFICER": "oscar", "FINANCE": "ana", "CEO": "ceo"}[level]
        office.call(who, "Contracts/Approve", contract=contract, sha256=view["contract"]["sha256"], level=level)
    return view["contract"]["sha256"]


def signable(office, contract):
    office.until(lambda view: view["status"] == "CONTRACT_SIGNING", "olga", "Contracts/GetContract", contract=contract)


def sign(office, contract, sha256):
    for side, name in (("THEM", "Ed"), ("US", "Dewi")):
        office.call("olga", "Contracts/RecordSignature", contract=contract, sha256=sha256, side=side, signedByName=name,
                    signedOn=str(today()))


def give_up(office, contract):
    office.call("olga", "Contracts/VoidContract", contract=contract, reason="given up")


# ---- processes ----

def ended(office, department, process):
    """The state in which it ended."""
    got = office.until(lambda got: got["process"]["state"] not in ("RUNNING", "UNDOING"), "rev",
                       f"{department}/Processes/GetProcess", process=process)
    return got["process"]["state"]


def request_purchase(office, purchase):
    return office.call("erik", "Purchases/RequestPurchase", purchase={
        "purchase": purchase, "title": "Editor for ten", "vendor": "editor-inc", "product": "editor", "book": "company",
        "costCentre": "it", "currency": "IDR", "amountMinor": 300_000_000, "expenseAccount": "expenses:software",
        "instalments": [{"dueOn": str(today()), "amountMinor": 200_000_000}, {"dueOn": str(today()), "amountMinor": 100_000_000}],
        "payableAccount": "liabilities:payable", "seats": 10, "employees": ["e1", "e2"], "fromDate": str(today()),
        "untilDate": str(today() + datetime.timedelta(364))})["process"]


def pay(office, purchase):
    office.until(lambda schedule: schedule, "rev", "Payables/GetSchedule", schedule=purchase)
    office.call("erik", "Payables/RecordReceipt", schedule=purchase, receivedOn=str(today()), what="ten licence keys")
    for line in (1, 2):
        office.call("carla", "Payables/PayPayable", schedule=purchase, line=line, paidOn=str(today()), bankAccount="assets:bank")


def purchase(office, number):
    """Every third is given up: in turn before it is approved and before it is signed."""
    name = f"p-{number}"
    process = request_purchase(office, name)
    drafted(office, name)
    if number % 6 == 2:
        give_up(office, name)
        return ended(office, "it", process)
    sha256 = approve(office, name)
    signable(office, name)
    if number % 6 == 5:
        give_up(office, name)
        return ended(office, "it", process)
    sign(office, name, sha256)
    pay(office, name)
    return ended(office, "it", process)


def start_hire(office, hire, employee):
    return office.call("olga", "Hires/StartHire", hire={
        "hire": hire, "employee": employee, "name": "Sari Dewi", "principal": employee, "unit": "it", "book": "company",
        "costCentre": "it", "position": "engineer", "currency": "IDR", "salaryMinor": 150_000_000, "startsOn": str(today()),
        "noticeMonths": 1, "equipment": ["laptop"]})["process"]


def acknowledge(office, employee):
    office.until(lambda known: known, "olga", "Policies/GetEmployee", employee=employee)
    text = office.call(employee, "Policies/ReadPolicyText", policy="conduct")
    office.call(employee, "Policies/Attest", policy="conduct", version=1, sha256=text["version"]["sha256"])


def hire(office, number):
    """Every fourth is given up before it is signed."""
    name, employee = f"h-{number}", f"e-{number}"
    process = start_hire(office, name, employee)
    drafted(office, name)
    sha256 = approve(office, name)
    signable(office, name)
    if number % 4 == 3:
        give_up(office, name)
        return ended(office, "legal", process)
    sign(office, name, sha256)
    acknowledge(office, employee)
    return ended(office, "legal", process)


def settle(office, employee):
    """When all of it is given back, which finance hears from the others in its own time."""
    until = time.monotonic() + 60
    while True:
        try:
            return office.call("carla", "Employees/SettleFinal", employee=employee, amountMinor=75_000_000, note="half a month")
        except Refused as refused:
            if refused.code != FAILED_PRECONDITION or time.monotonic() > until:
                raise
            time.sleep(0.05)


def leave(office, number):
    employee = f"e-{number}"
    process = office.call("olga", "Hires/StartLeave", leave={
        "leave": f"l-{number}", "employee": employee, "contract": f"h-{number}", "leaveUs": int((time.time() + 0.5) * 1e6),
        "reason": "moves to Bandung"})["process"]
    held = office.call("rev", "Accounts/ListHoldings", employee=employee)
    for asset in held["assets"]:
        office.call("erik", "Accounts/ReturnAsset", asset=asset, condition="as new")
    settle(office, employee)
    return ended(office, "legal", process)
