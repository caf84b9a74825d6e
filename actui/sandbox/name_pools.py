"""Given names, family names and towns in several scripts, each with its Latin spelling."""

from __future__ import annotations

from typing import NamedTuple


class Culture(NamedTuple):
    """Names as written, each with the spelling used in e-mail addresses."""

    given: tuple[tuple[str, str], ...]
    family: tuple[tuple[str, str], ...]
    towns: tuple[str, ...]
    mail: str
    calling_code: str


CULTURES: tuple[Culture, ...] = (
    Culture(
        (("Emma", "emma"), ("Liam", "liam"), ("Olivia", "olivia"), ("Noah", "noah")),
        (("Smith", "smith"), ("O'Neill", "oneill"), ("Walker", "walker"), ("Hughes", "hughes")),
        ("Austin", "Boston", "Leeds"),
        "example.com",
        "1",
    ),
    Culture(
        (("Sanne", "sanne"), ("Daan", "daan"), ("Fleur", "fleur"), ("Thijs", "thijs")),
        (("de Vries", "devries"), ("van den Berg", "vandenberg"), ("Bakker", "bakker")),
        ("Nijmegen", "Utrecht", "Groningen"),
        "post.example.net",
        "31",
    ),
    Culture(
        (("Zoë", "zoe"), ("François", "francois"), ("Jürgen", "juergen"), ("Søren", "soren")),
        (("Müller", "mueller"), ("Lefèvre", "lefevre"), ("Ångström", "angstrom")),
        ("Köln", "Besançon", "Århus"),
        "example.org",
        "49",
    ),
    Culture(
        (("Łukasz", "lukasz"), ("Žofie", "zofie"), ("Ștefan", "stefan"), ("Ayşe", "ayse")),
        (("Wójcik", "wojcik"), ("Dvořáková", "dvorakova"), ("Yılmaz", "yilmaz")),
        ("Łódź", "Plzeň", "İzmir"),
        "mail.example.com",
        "48",
    ),
    Culture(
        (("Мария", "maria"), ("Дмитрий", "dmitri"), ("Олена", "olena"), ("Георги", "georgi")),
        (("Иванова", "ivanova"), ("Шевченко", "shevchenko"), ("Петров", "petrov")),
        ("София", "Київ", "Варна"),
        "example.net",
        "359",
    ),
    Culture(
        (("Ελένη", "eleni"), ("Γιώργος", "giorgos"), ("Δήμητρα", "dimitra")),
        (("Παπαδοπούλου", "papadopoulou"), ("Νικολάου", "nikolaou")),
        ("Αθήνα", "Θεσσαλονίκη"),
        "firma.example.org",
        "30",
    ),
    Culture(
        (("فاطمة", "fatima"), ("محمد", "mohammed"), ("ליאה", "lea"), ("דוד", "david")),
        (("الحسيني", "alhusseini"), ("بن علي", "benali"), ("כהן", "cohen")),
        ("القاهرة", "عمّان", "חיפה"),
        "example.org",
        "20",
    ),
    Culture(
        (("美咲", "misaki"), ("伟", "wei"), ("지민", "jimin"), ("翔太", "shota")),
        (("田中", "tanaka"), ("王", "wang"), ("김", "kim"), ("佐々木", "sasaki")),
        ("大阪", "上海", "부산"),
        "example.com",
        "81",
    ),
)
