"""Canary values of our own for canarywire: made by chance, valid in form, nobody's."""

WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]


def resident_id(random, _settings):
    """A resident ID of the form of GB 11643: district, date of birth, sequence, check character."""
    birth = f"{random.randint(1950, 2004)}{random.randint(1, 12):02}{random.randint(1, 28):02}"
    digits = f"{random.choice(['110105', '310104', '440305'])}{birth}{random.randint(1, 999):03}"
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=True))
    return digits + "10X98765432"[total % 11]


def mobile(random, _settings):
    return random.choice(["138", "139", "150", "186"]) + f"{random.randint(0, 99999999):08}"


def contract(random, _settings):
    return f"HT{random.randint(2020, 2029)}-{random.randint(0, 99999999):08}"
