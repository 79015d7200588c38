#!/usr/bin/env python3
"""Makes gazetteer.txt from two packages of PyPI, both under the Open Database License:

    pip download --no-deps countrystatecity-countries==2.0.1 countrystatecity-postal-codes==2.0.1
    ./make-gazetteer.py countrystatecity_countries-*.whl countrystatecity_postal_codes-*.whl > gazetteer.txt

A line holds a country, the beginning of its postal codes (nothing: the country itself), and a latitude and longitude in
millionths of a degree. A beginning stands at the middle of the places that have it; it is left out where the shorter
one is as good. Lines are in the order of their bytes.
"""

import json
import statistics
import sys
import unicodedata
import zipfile

# What the cities are called in English there, and at home in the postal codes.
ENGLISH = {
    "munchen": "munich", "koln": "cologne", "nurnberg": "nuremberg", "hannover": "hanover", "wien": "vienna",
    "geneve": "geneva", "luzern": "lucerne", "basel": "basel", "praha": "prague", "kobenhavn": "copenhagen",
    "lisboa": "lisbon", "porto": "porto", "milano": "milan", "torino": "turin", "napoli": "naples",
    "firenze": "florence", "venezia": "venice", "genova": "genoa", "roma": "rome", "sevilla": "seville",
    "warszawa": "warsaw", "krakow": "krakow", "goteborg": "gothenburg", "sgravenhage": "thehague",
    "denhaag": "thehague", "antwerpen": "antwerp", "gent": "ghent", "brugge": "bruges", "bruxelles": "brussels",
    "zaragoza": "zaragoza", "bucuresti": "bucharest", "athina": "athens",
}
NEAR = 100_000  # a tenth of a degree
LONGEST = 3


def folded(name):
    bare = unicodedata.normalize("NFKD", name or "")
    name = "".join(char for char in bare.casefold() if char.isalpha()).removesuffix("cedex")
    return ENGLISH.get(name, name)


def micro(record):
    if record.get("latitude") in (None, "") or record.get("longitude") in (None, ""):
        return None
    return round(float(record["latitude"]) * 1_000_000), round(float(record["longitude"]) * 1_000_000)


def places(countries):
    """Where each country, each of its states and each of its cities is."""
    found = {}
    for name in countries.namelist():
        parts = name.split("/")
        if name.endswith("countries.json"):
            for record in json.loads(countries.read(name)):
                found[record["iso2"], "", ""] = micro(record)
        elif name.endswith("/states.json"):
            for record in json.loads(countries.read(name)):
                found[record["country_code"], record["state_code"], ""] = micro(record)
        elif name.endswith("/cities.json"):
            country, state = parts[3], parts[5]
            for record in json.loads(countries.read(name)):
                found[country, state, folded(record["name"])] = micro(record)
                found.setdefault((country, "", folded(record["name"])), micro(record))
    return found


def middles(records, known):
    """The middle of each beginning of a postal code."""
    groups = {}
    for record in records:
        country, state = record["countryCode"], record.get("stateCode") or ""
        city = folded(record.get("localityName"))
        exact = micro(record) or known.get((country, state, city)) or known.get((country, "", city or None))
        at = exact or (state and known.get((country, state, "")))
        code = "".join(char for char in str(record["code"]).upper() if char.isascii() and char.isalnum())
        if not at or at == (0, 0) or not code:
            continue
        # Where the records are whole areas, as GB's `AB`, the area is the beginning and nothing shorter is.
        shortest = 1 if record.get("type") == "full" else min(len(code), LONGEST)
        for length in range(shortest, min(len(code), LONGEST) + 1):
            groups.setdefault(code[:length], []).append((at, bool(exact)))
    middle = {}
    for code, found in groups.items():
        # A state's middle counts only where nothing is known better.
        all_at = [at for at, exact in found if exact] or [at for at, _ in found]
        middle[code] = tuple(round(statistics.median(at[axis] for at in all_at)) for axis in (0, 1))
    return middle


def main(countries, postal_codes):
    known = places(zipfile.ZipFile(countries))
    postal = zipfile.ZipFile(postal_codes)
    lines = [f"{key[0]},,{at[0]},{at[1]}" for key, at in known.items() if at and key[1:] == ("", "")]
    for name in postal.namelist():
        if not name.endswith("/postcodes.json"):
            continue
        country = name.split("/")[3]
        kept = {"": known.get((country, "", "")) or (0, 0)}
        for code, at in sorted(middles(json.loads(postal.read(name)), known).items()):
            shorter = next(kept[code[:end]] for end in range(len(code) - 1, -1, -1) if code[:end] in kept)
            if max(abs(at[0] - shorter[0]), abs(at[1] - shorter[1])) >= NEAR:
                kept[code] = at
        lines += [f"{country},{code},{at[0]},{at[1]}" for code, at in kept.items() if code]
    # A comma sorts before every letter and digit, so the order of the lines is the order of (country, beginning).
    print("\n".join(sorted(set(lines))))


main(*sys.argv[1:])
