#!/usr/bin/env python3
"""Turns what `vestibule detect --jsonl` prints into the labels of common test sets, for scoring.

    vestibule detect --jsonl < SET.jsonl | python3 examples/findings_to_spans.py > PREDICTIONS.jsonl

A line in is {"id", "findings": [{"type", "start", "end", …}]}, a line out {"id", "spans": [{"type", "bstart", "bend"}]}; both
count bytes of UTF-8. Types without another name keep theirs.
"""
import json
import sys

LABELS = {
    "LOCATION": ["PLACE"],
    "PHONE": ["PHONE", "CN_MOBILE", "CN_LANDLINE"],
    "CREDIT_CARD": ["BANK_CARD"],
    "BANK_ACCOUNT": ["BANK_ACCOUNT", "US_ROUTING"],
    "CN_ID": ["CN_RESIDENT_ID"],
    "USCC": ["CN_USCC"],
    "VEHICLE_PLATE": ["CN_PLATE"],
    "PASSPORT": ["CN_PASSPORT", "US_PASSPORT"],
    "DRIVER_LICENSE": ["CN_DRIVING_LICENCE", "US_DRIVING_LICENCE"],
    "SOCIAL_SECURITY": ["SOCIAL_SECURITY_CARD"],
    "MILITARY_ID": ["CN_MILITARY_ID"],
    "MEDICAL_RECORD": ["MEDICAL_RECORD_NO", "HEALTH_PLAN_NO", "NPI", "DEA"],
    "ACCOUNT_ID": ["QQ", "WECHAT", "USERNAME"],
    "SECRET": ["SECRET", "PASSWORD", "PRIVATE_KEY"],
    "DOB": ["DATE_OF_BIRTH"],
    "TAX_ID": ["US_ITIN"],
    "NATIONAL_ID": ["NATIONAL_ID", "UK_NINO"],
}
LABEL_OF = {kind: label for label, kinds in LABELS.items() for kind in kinds}

for line in sys.stdin:
    record = json.loads(line)
    spans = [
        {"type": LABEL_OF.get(f["type"], f["type"]), "bstart": f["start"], "bend": f["end"]}
        for f in record["findings"]
    ]
    print(json.dumps({"id": record["id"], "spans": spans}))
