"""Goals whose digests of configuration are pinned: the smallest, and each setting chosen."""

IMPORTS = {
    "smallest": {},
    "linked": {"identifiers": [{"field": "email", "property": "email"}]},
    "everything chosen": {
        "contacts": "lists",
        "lists": [
            {"list": {"name": "Newsletter", "id": "5"}, "create_profiles": True},
            {"list": "Partners"},
        ],
        "statuses": ["active", "unsubscribed"],
        "create_profiles": True,
        "new_profiles": {
            "privacy_legislation": "GDPR",
            "permission_level": "ANONYMOUS",
            "domain_group": "SHOP",
        },
        "save_lists_to": "ac_lists",
        "identifiers": [
            {"field": "email", "property": "email"},
            {"field": "%BCID%", "profile_id": True},
        ],
        "mappings": [
            {"field": "firstName", "property": "first_name"},
            {"field": "%tier%", "property": "tier", "rule": "set_if_empty"},
            {"field": "%INTERESTS%", "property": "interests", "rule": "add", "when_empty": "clear"},
            {
                "field": "%POINTS%",
                "property": "points",
                "rule": "sum",
                "of": "change",
                "sum_start": "baseline",
            },
        ],
        "mode": "full",
        "reconcile_days": 30,
    },
}
EXPORTS = {
    "smallest": {"segment": "Readers"},
    "resolved": {"segment": {"name": "Readers", "id": "s1"}},
    "everything chosen": {
        "segment": {"name": "Zoë's readers", "id": "s1"},
        "identifiers": [{"field": "id", "property": "contact"}],
        "mappings": [
            {"from": {"property": "first_name"}, "field": "firstName", "when_empty": "clear"},
            {"from": "profile_id", "field": "%BCID%"},
            {"from": {"segments": "all"}, "field": "%SEGMENTS%"},
            {"from": {"segments": ["s1", "Buyers"]}, "field": "%SOME%"},
            {"from": "lifecycles", "field": "%STAGE%"},
            {"from": "viewed_interactions", "field": "%SEEN%"},
            {"from": "permission_level", "field": "%LEVEL%"},
            {"from": {"text": "blueconic"}, "field": "%SOURCE%"},
        ],
        "lists": ["Newsletter", {"name": "Partners", "id": "4"}],
        "resubscribe": "own",
        "unsubscribe": True,
        "automations": False,
        "recreate_deleted": True,
        "lifecycle": {
            "lifecycle": {"name": "Welcome", "id": "l1"},
            "stage": "First",
            "events": ["opened", "clicked"],
        },
        "mode": "full",
        "reconcile_days": 30,
    },
}
