#!/usr/bin/python3
"""Makes the sample month that deploy/up plays: October 2026 of a trading company and of one client.

usage: make.py [FOLDER]   writes company.csv and client.csv, in the layout of `hledger print -O csv`

The people, firms and figures are invented. The same run gives the same bytes; a test holds the files against it.
Money is in rupiah and US dollars; VAT is the effective 11 % on sales and purchases.
"""
import csv
import datetime
import pathlib
import sys

FIRST = datetime.date(2026, 10, 1)
LAST = datetime.date(2026, 10, 31)
HEADER = ["txnidx", "date", "date2", "status", "code", "description", "comment", "account", "amount", "commodity",
          "credit", "debit", "posting-status", "posting-comment"]
# what is sold: group, unit price and unit cost in rupiah
GOODS = [("beans", 145000, 88000), ("grinders", 1850000, 1210000), ("kettles", 690000, 430000), ("cups", 95000, 52000)]
CITIES = ["Bandung", "Surabaya", "Medan", "Denpasar", "Makassar", "Yogyakarta", "Semarang", "Padang"]


class Chance:
    """A linear congruential generator (Numerical Recipes' constants): the same sequence everywhere."""

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return (self.state >> 8) % bound


class Book:
    def __init__(self):
        self.entries = []

    def post(self, date, code, description, *lines):
        """lines: (account, amount) in rupiah, or (account, amount, commodity); whole units"""
        self.entries.append((date, code, description, [line if len(line) == 3 else (*line, "IDR") for line in lines]))

    def write(self, path):
        self.entries.sort(key=lambda entry: entry[0])
        with open(path, "w", newline="") as file:
            out = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
            out.writerow(HEADER)
            for number, (date, code, description, lines) in enumerate(self.entries, 1):
                for account, amount, commodity in lines:
                    sides = ("", f"{amount:.2f}") if amount > 0 else (f"{-amount:.2f}", "")
                    out.writerow([number, date, "", "", code, description, "", account, f"{amount:.2f}", commodity, *sides,
                                  "", ""])


def days(weekdays_only=False):
    day = FIRST
    while day <= LAST:
        if not weekdays_only or day.weekday() < 5:
            yield day
        day += datetime.timedelta(days=1)


def sell(book, chance, day, order):
    group, price, cost = GOODS[chance.below(100) * len(GOODS) // 100]
    count = 1 + chance.below(12 if price < 200000 else 3)
    net, vat = count * price, count * price * 11 // 100
    city = CITIES[chance.below(len(CITIES))]
    book.post(day, f"SO-{order:05}", f"Web shop order, {count} {group} to {city}",
              ("assets:receivable:web shop", net + vat), (f"income:sales:{group}", -net),
              ("liabilities:tax:vat out", -vat), (f"expenses:cost of goods sold:{group}", count * cost),
              (f"assets:inventory:{group}", -count * cost))
    return net + vat


def trade(book, chance):
    order = 4200
    unsettled = 0
    for day in days():
        for _ in range(9 + chance.below(7)):
            order += 1
            unsettled += sell(book, chance, day, order)
        if day.weekday() < 5 and unsettled:
            fee = unsettled * 7 // 1000
            book.post(day, "", "Payment gateway settlement", ("assets:bank:rupiah", unsettled - fee),
                      ("expenses:bank and payment fees", fee), ("assets:receivable:web shop", -unsettled))
            unsettled = 0


def buy(book, chance):
    for number, day in enumerate((day for day in days() if day.weekday() == 1), 1):
        group, _, cost = GOODS[number % len(GOODS)]
        net = (60 + chance.below(60)) * cost
        vat = net * 11 // 100
        book.post(day, f"PO-{880 + number:05}", f"Gayo Mandiri, {group}", (f"assets:inventory:{group}", net),
                  ("assets:tax:vat in", vat), ("liabilities:payable:suppliers", -net - vat))
        book.post(day + datetime.timedelta(days=3), f"PO-{880 + number:05}", "Gayo Mandiri, payment",
                  ("liabilities:payable:suppliers", net + vat), ("assets:bank:rupiah", -net - vat))
    # Bought in dollars: each side in its own commodity, the ledger's trading accounts carry the exchange.
    book.post(datetime.date(2026, 10, 8), "", "Dollars bought at 16,420", ("assets:bank:dollar", 12000, "USD"),
              ("assets:bank:rupiah", -197040000))
    book.post(datetime.date(2026, 10, 15), "PO-00890", "Hario import, 60 grinders", ("assets:inventory:grinders", 72600000),
              ("assets:bank:dollar", -4420, "USD"))


def run_company(book):
    day = datetime.date
    book.post(FIRST, "", "Opening balances", ("assets:bank:rupiah", 1450000000), ("assets:bank:dollar", 3500, "USD"),
              ("equity:opening balances", -3500, "USD"), ("assets:inventory:beans", 105600000),
              ("assets:inventory:grinders", 181500000), ("assets:inventory:kettles", 86000000),
              ("assets:inventory:cups", 41600000), ("assets:equipment", 320000000),
              ("liabilities:loan:bank", -600000000), ("equity:share capital", -1000000000),
              ("equity:opening balances", -584700000))
    book.post(day(2026, 10, 1), "", "Warehouse rent, October", ("expenses:rent", 38000000), ("assets:bank:rupiah", -38000000))
    book.post(day(2026, 10, 5), "", "Electricity and water", ("expenses:utilities", 6420000), ("assets:bank:rupiah", -6420000))
    book.post(day(2026, 10, 7), "", "Internet and telephone", ("expenses:communication", 2750000),
              ("assets:bank:rupiah", -2750000))
    for friday in (2, 9, 16, 23, 30):
        book.post(day(2026, 10, friday), "", "Courier, weekly invoice", ("expenses:delivery", 8100000 + friday * 45000),
                  ("assets:bank:rupiah", -8100000 - friday * 45000))
    gross, tax, social = 187500000, 9150000, 7500000
    book.post(day(2026, 10, 28), "", "Salaries, October", ("expenses:salaries", gross), ("liabilities:tax:income tax", -tax),
              ("liabilities:social security", -social), ("assets:bank:rupiah", tax + social - gross))
    book.post(day(2026, 10, 30), "", "Social security, employer's share", ("expenses:social security", 11800000),
              ("liabilities:social security", -11800000))
    book.post(day(2026, 10, 30), "", "Loan, interest and instalment", ("expenses:interest", 4500000),
              ("liabilities:loan:bank", 25000000), ("assets:bank:rupiah", -29500000))
    book.post(LAST, "", "Depreciation of equipment, October", ("expenses:depreciation", 5333000),
              ("assets:accumulated depreciation", -5333000))
    book.post(LAST, "", "Bookkeeping fee, Warung Sari Rasa", ("assets:receivable:clients", 4440000),
              ("income:services", -4000000), ("liabilities:tax:vat out", -440000))


def run_client(book, chance):
    book.post(FIRST, "", "Opening balances", ("assets:bank", 84000000), ("assets:cash", 3500000),
              ("assets:kitchen", 96000000), ("equity:owner", -183500000))
    for day in days():
        takings = 3900000 + chance.below(4200) * 1000 + (1800000 if day.weekday() >= 4 else 0)
        cash = takings * 35 // 100
        tax = takings * 10 // 110
        book.post(day, "", "Day's takings", ("assets:cash", cash), ("assets:bank", takings - cash),
                  ("income:meals", tax - takings), ("liabilities:restaurant tax", -tax))
        if day.weekday() in (0, 2, 4):
            food = 1700000 + chance.below(1500) * 1000
            book.post(day, "", "Market, food and spices", ("expenses:food", food), ("assets:cash", -food))
        if day.weekday() == 0:
            book.post(day, "", "Cash to the bank", ("assets:bank", 4000000), ("assets:cash", -4000000))
    book.post(datetime.date(2026, 10, 3), "", "Rent, October", ("expenses:rent", 15000000), ("assets:bank", -15000000))
    book.post(datetime.date(2026, 10, 12), "", "Gas", ("expenses:gas", 2350000), ("assets:bank", -2350000))
    book.post(datetime.date(2026, 10, 28), "", "Wages, October", ("expenses:wages", 41600000), ("assets:bank", -41600000))
    book.post(LAST, "", "Bookkeeping fee, Merapi Niaga", ("expenses:bookkeeping", 4440000),
              ("liabilities:payable", -4440000))


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    chance = Chance(20261001)
    company, client = Book(), Book()
    run_company(company)
    trade(company, chance)
    buy(company, chance)
    company.write(folder / "company.csv")
    run_client(client, chance)
    client.write(folder / "client.csv")
    print(f"company: {len(company.entries)} entries, client: {len(client.entries)} entries")


if __name__ == "__main__":
    main()
