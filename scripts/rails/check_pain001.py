#!/usr/bin/env python3
"""Is this a sound pain.001.001.09? An independent reader: nothing but Python's standard library.

usage: check_pain001.py FILE

Checks what the schema and the banks' rules ask of the elements that settle writes: names and their order, lengths,
characters, dates, currencies, IBANs, unique ids, numbers of transactions and control sums. Exit 0 or 1.
"""
import datetime
import decimal
import re
import sys
import xml.etree.ElementTree as ElementTree

NAMESPACE = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"
# element: its children in their order; ? may be missing, + may be repeated, | one of both
SHAPE = {
    "Document": ["CstmrCdtTrfInitn"],
    "CstmrCdtTrfInitn": ["GrpHdr", "PmtInf+"],
    "GrpHdr": ["MsgId", "CreDtTm", "NbOfTxs", "CtrlSum?", "InitgPty"],
    "InitgPty": ["Nm"],
    "PmtInf": ["PmtInfId", "PmtMtd", "BtchBookg?", "NbOfTxs?", "CtrlSum?", "PmtTpInf?", "ReqdExctnDt", "Dbtr", "DbtrAcct",
               "DbtrAgt", "ChrgBr?", "CdtTrfTxInf+"],
    "ReqdExctnDt": ["Dt|DtTm"],
    "Dbtr": ["Nm"], "Cdtr": ["Nm"],
    "DbtrAcct": ["Id"], "CdtrAcct": ["Id"],
    "Id": ["IBAN|Othr"], "Othr": ["Id"],
    "DbtrAgt": ["FinInstnId"], "FinInstnId": ["BICFI|Othr"],
    "CdtTrfTxInf": ["PmtId", "Amt", "ChrgBr?", "CdtrAgt?", "Cdtr?", "CdtrAcct?", "RmtInf?"],
    "PmtId": ["InstrId?", "EndToEndId"],
    "Amt": ["InstdAmt"],
}
LATIN = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]+")
problems = []


def check(good, what):
    if not good:
        problems.append(what)


def name(element):
    check(element.tag.startswith(NAMESPACE), f"{element.tag} is in another namespace")
    return element.tag.removeprefix(NAMESPACE)


def shape(element):
    here = name(element)
    children = [name(child) for child in element]
    # The Id below Othr is plain text.
    if not children:
        check(here not in SHAPE or here == "Id", f"{here} is empty")
        text = element.text or ""
        check(text == text.strip() and text != "", f"{here} holds {text!r}")
        return
    rest = children[:]
    for rule in SHAPE.get(here, []):
        wanted = rule.rstrip("?+").split("|")
        count = 0
        while rest and rest[0] in wanted and (count == 0 or rule.endswith("+")):
            rest.pop(0)
            count += 1
        check(count > 0 or rule.endswith("?"), f"{here} lacks {rule}")
    check(not rest, f"{here}: {rest} out of place")
    for child in element:
        shape(child)


def text(element, path):
    found = element.find("/".join(NAMESPACE + part for part in path.split("/")))
    return "" if found is None else found.text or ""


def every(element, tag):
    return element.iter(NAMESPACE + tag)


def identifier(value, what):
    check(1 <= len(value) <= 35 and LATIN.fullmatch(value), f"{what}: {value!r}")
    check(not value.startswith("/") and not value.endswith("/") and "//" not in value, f"{what}: slashes in {value!r}")


def iban(value):
    check(re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}", value), f"IBAN {value!r}")
    digits = "".join(str(int(letter, 36)) for letter in value[4:] + value[:4] if letter.isalnum())
    check(int(digits or 0) % 97 == 1, f"IBAN {value}: check digits")


def date(value, form):
    try:
        datetime.datetime.strptime(value, form)
    except ValueError:
        problems.append(f"no date: {value!r}")


def total(element):
    amounts = [decimal.Decimal(amount.text) for amount in every(element, "InstdAmt")]
    return len(amounts), sum(amounts, decimal.Decimal(0))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    decimal.getcontext().prec = 60
    try:
        root = ElementTree.parse(sys.argv[1]).getroot()
    except ElementTree.ParseError as error:
        sys.exit(f"check_pain001: not XML: {error}")
    shape(root)
    if problems:
        for problem in problems:
            print(f"check_pain001: {problem}", file=sys.stderr)
        return 1
    header = next(every(root, "GrpHdr"))
    identifier(text(header, "MsgId"), "MsgId")
    date(text(header, "CreDtTm"), "%Y-%m-%dT%H:%M:%SZ")
    for part in [header, *every(root, "PmtInf")]:
        count, amount = total(root if part is header else part)
        check(text(part, "NbOfTxs") == str(count), f"NbOfTxs {text(part, 'NbOfTxs')} of {count} transactions")
        check(decimal.Decimal(text(part, "CtrlSum")) == amount, f"CtrlSum {text(part, 'CtrlSum')}, but the sum is {amount}")
    seen = set()
    for group in every(root, "PmtInf"):
        identifier(text(group, "PmtInfId"), "PmtInfId")
        check(text(group, "PmtMtd") == "TRF", "PmtMtd")
        date(text(group, "ReqdExctnDt/Dt"), "%Y-%m-%d")
        check(len({amount.get("Ccy") for amount in every(group, "InstdAmt")}) == 1, "one group, one currency")
    for payment in every(root, "CdtTrfTxInf"):
        end_to_end = text(payment, "PmtId/EndToEndId")
        identifier(end_to_end, "EndToEndId")
        check(end_to_end not in seen, f"EndToEndId {end_to_end} stands twice")
        seen.add(end_to_end)
        amount = next(every(payment, "InstdAmt"))
        check(re.fullmatch(r"[A-Z]{3}", amount.get("Ccy") or ""), f"currency {amount.get('Ccy')!r}")
        check(re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,5})?", amount.text) and len(amount.text.replace(".", "")) <= 18,
              f"amount {amount.text}")
        check(decimal.Decimal(amount.text) > 0, f"amount {amount.text}")
    for value in every(root, "IBAN"):
        iban(value.text)
    for value in every(root, "BICFI"):
        check(re.fullmatch(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", value.text), f"BIC {value.text}")
    for value in every(root, "Nm"):
        check(1 <= len(value.text) <= 140 and LATIN.fullmatch(value.text), f"name {value.text!r}")
    for problem in problems:
        print(f"check_pain001: {problem}", file=sys.stderr)
    if not problems:
        count, amount = total(root)
        print(f"{count} transactions, control sum {amount}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
