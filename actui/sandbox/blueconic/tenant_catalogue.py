"""What is configured in the tenant: properties, segments, objectives, lifecycles, dialogues."""

from __future__ import annotations

from actui.sandbox.blueconic.connections import CAMPAIGN
from actui.sandbox.blueconic.rows import (
    Dialogue,
    Lifecycle,
    Objective,
    ProfileProperty,
    Segment,
    Stage,
)
from actui.sandbox.people import roll

OTHER_PROPERTIES = 110
OTHER_SEGMENTS = 127

KINDS = ("SELECT", "EMAIL", "RANGE", "DECIMAL", "CURRENCY", "DATETIME")
"""`filterType` (blueconic.md §7)."""

LEGISLATIONS = frozenset(
    [
        "NONE",
        "GDPR",
        "PIPEDA",
        "CCPA",
        "SB220",
        "NYPA",
        "PERU_DPL",
        "ARGENTINA_DPL",
        "SB1392",
        "SB190",
        "CDPA_CTCPDA",
        "UCPA",
        "BRAZIL_LGPD",
        "ISRAEL_PPL",
        "JAPAN_APPI",
        "MEXICO_LFPDPPP",
        "NEW_ZEALAND_PRIVACY_ACT",
        "SWITZERLAND_DPA",
        "UK_GDPR",
        "CHINA_PIPL",
        "AUSTRALIA_PRIVACY_ACT",
        "TDPSA",
        "MTCDPA",
        "FDBR",
        "OCPA",
        "DPDPA",
        "ICDPA",
        "NHPA",
        "NJDPA",
        "NEDPA",
        "HAITI_APD",
        "JAMAICA_DPA",
        "TRINIDAD_TOBAGO_DPA",
        "COSTA_RICA_L8968",
        "GUATEMALA_LAIP",
        "PANAMA_L81",
        "HONDURAS_LPDCP",
        "EL_SALVADOR",
        "COLOMBIA_L1581_D1377",
        "NICARAGUA_L787",
        "CHILE_L19_628",
        "BELIZE_DPA",
        "TENNESSEE_TIPA",
        "INDIANA_INCDPA",
        "KENTUCKY_KCDPA",
        "MINNESOTA_MCDPA",
        "MARYLAND_MODPA",
        "RHODE_ISLAND_RIDTPPA",
        "SOUTH_KOREA_PIPA",
    ]
)
"""Zones of `PUT /profiles` in the OpenAPI document."""


def fixed_uuid(number: int, kind: int) -> str:
    """The same identifier in every sandbox, whatever its seed."""
    drawn = f"{roll(kind, number, 71):016x}{roll(kind, number, 72):016x}"
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-a{drawn[17:20]}-{drawn[20:32]}"


ALL_PROFILES = Segment(fixed_uuid(0, 1), "All profiles")
READERS = Segment(fixed_uuid(1, 1), "Newsletter readers", ("Newsletter",))
VISITORS = Segment(fixed_uuid(2, 1), "Webinar visitors", ("Webinar",))

DIALOGUES = tuple(
    Dialogue(fixed_uuid(n, 4), name, fixed_uuid(n, 5))
    for n, name in enumerate(("Exit intent", "Newsletter lightbox", "Webinar invitation", "Опрос"))
)

WELCOME = Lifecycle(
    fixed_uuid(0, 2),
    "Welcome",
    (
        Stage(fixed_uuid(0, 3), "Profiles not assigned"),
        Stage(fixed_uuid(1, 3), "First stage", "WEEK", 2, (DIALOGUES[0].id,)),
        Stage(fixed_uuid(2, 3), "Second stage", "DAY", 1),
    ),
)
WIN_BACK = Lifecycle(
    fixed_uuid(1, 2),
    "Win back",
    (
        Stage(fixed_uuid(3, 3), "Profiles not assigned"),
        Stage(fixed_uuid(4, 3), "Quiet", "ALWAYS", 3),
        Stage(fixed_uuid(5, 3), "Gone"),
    ),
    enabled=False,
)

OPT_IN_ZONES = ("GDPR", "UK_GDPR", "BRAZIL_LGPD", "SWITZERLAND_DPA")
OBJECTIVES = {
    "marketing": Objective(
        "marketing", OPT_IN_ZONES, references=(("connection", CAMPAIGN), ("segment", READERS.id))
    ),
    "analytics": Objective("analytics", ("GDPR",), references=(("dialogue", DIALOGUES[0].id),)),
}

NAMED_PROPERTIES = (
    ProfileProperty("email", "Email address", "EMAIL", indexed=True, sensitive=True),
    ProfileProperty("first_name", "First name", sensitive=True),
    ProfileProperty("last_name", "Last name", sensitive=True),
    ProfileProperty("phone", "Phone", sensitive=True),
    ProfileProperty("tier", "Tier"),
    ProfileProperty("interests", "Interests"),
    ProfileProperty("points", "Points", "RANGE"),
    ProfileProperty("balance", "Balance", "DECIMAL"),
    ProfileProperty("birthday", "Birthday", "DATETIME", sensitive=True),
    ProfileProperty("last_order", "Last order", "DATETIME"),
    ProfileProperty("city", "City"),
    ProfileProperty("customer_id", "Customer id", indexed=True, sensitive=True),
    ProfileProperty("order_value", "Value of all orders", "CURRENCY"),
    ProfileProperty("interactions_viewed", "Viewed interactions", by_plugin=True),
    ProfileProperty("interactions_clicked", "Clicked interactions", by_plugin=True),
    ProfileProperty("consented_objectives", "Consented objectives", by_plugin=True),
    ProfileProperty("refused_objectives", "Refused objectives", by_plugin=True),
    ProfileProperty("privacy_legislation", "Privacy legislation", by_plugin=True),
    ProfileProperty("creationdate", "Creation date", "DATETIME", by_plugin=True),
    ProfileProperty("lastmodifieddate", "Last modified date", "DATETIME", by_plugin=True),
    ProfileProperty("visits", "Visits", "RANGE", by_plugin=True),
    ProfileProperty("interactions_converted", "Converted interactions", by_plugin=True),
    ProfileProperty("firstvisit", "First visit date", "DATETIME", by_plugin=True),
    ProfileProperty("visiteddomain", "Visited domains", by_plugin=True),
)
READ_ONLY = frozenset({"creationdate", "lastmodifieddate"})
"""System properties that writes cannot touch (blueconic.md §7)."""


def seeded_properties() -> dict[str, ProfileProperty]:
    """All profile properties by id; the unnamed ones exist so that listing them pages."""
    rows = [
        ProfileProperty(one.id, one.name, one.kind, one.indexed, one.sensitive, one.by_plugin)
        for one in NAMED_PROPERTIES
    ]
    rows += [
        ProfileProperty(f"answer_{n + 1:03d}", f"Answer {n + 1:03d}", KINDS[n % len(KINDS)])
        for n in range(OTHER_PROPERTIES)
    ]
    return {one.id: one for one in rows}


def seeded_segments() -> dict[str, Segment]:
    """All segments by id, the three with fixed names first."""
    rows = [ALL_PROFILES, READERS, VISITORS]
    rows += [
        Segment(fixed_uuid(n + 3, 1), f"Segment {n + 1:03d}", ("Region",) if n % 4 == 0 else ())
        for n in range(OTHER_SEGMENTS)
    ]
    return {one.id: one for one in rows}


OTHER_SEGMENT_IDS = tuple(fixed_uuid(n + 3, 1) for n in range(OTHER_SEGMENTS))
