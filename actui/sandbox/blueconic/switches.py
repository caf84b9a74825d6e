"""BlueConic's quirks and open questions, each with its readings, the default first.

Sources: `bc` is blueconic.md, the rest are places in BlueConic's OpenAPI document. A quirk that is
documented beyond doubt has a switch as well, so that a client can be tried without it.
"""

from __future__ import annotations

from collections.abc import Mapping

from actui.sandbox.switch import Switch

READING: Mapping[str, Switch] = {
    "api-version": Switch(
        ("103", "98", "89"),
        "98 knows no lane and no roles, 89 no connections, lifecycles and objectives (§11)",
    ),
    "token-lifetime": Switch(
        ("hour", "minute"), "expires_in of a token: 3600 in the example (post /oauth/token)"
    ),
    "document-shapes": Switch(
        ("examples", "schemas"),
        "whose shape answers have where the document contradicts itself: links, variants, "
        "touchpoints, lifecycles, connections, their runs, profile events (§11)",
    ),
    "unreadable-page": Switch(
        ("first-page", "bad-request"),
        "a startIndex or count that is no such number: most listings document no 400 (OpenAPI)",
    ),
    "lifecycle-stages": Switch(
        ("absent", "profile-only", "present"), "where lifecycleStages appears (§5, §11)"
    ),
    "no-lifecycle-stage": Switch(
        ("empty", "left-out"),
        "lifecycleStages of a profile in no stage, where it appears (§5; schema profile)",
    ),
    "segment-listing": Switch(
        ("whole", "short"), "does a lagging index leave three in ten out of a listing (§4)"
    ),
    "listing-lag": Switch(
        ("none", "ten-minutes"), "how long before who enters a segment is listed (§4)"
    ),
    "segment-count": Switch(
        ("exact", "absent", "estimate"),
        "is profileCount in a segment, and is it today's (§4; example of get /segments)",
    ),
    "max-hits-total": Switch(
        ("segment", "limit"),
        "totalResults under maxHitsAllowed: the cached count or the limit "
        "(get /segments/{segment}/profiles)",
    ),
    "search-not-indexed": Switch(
        ("not-implemented", "nothing-found"),
        "a search by a property that is no unique identifier: 501 (get /profiles, §3)",
    ),
    "interaction-ids": Switch(
        ("dialogues", "variants"),
        "whose ids interactions_viewed holds (§11; InteractionEventBean says a variant's)",
    ),
}
"""What reading answers."""

WRITING: Mapping[str, Switch] = {
    "too-many-entries": Switch(
        ("first-thousand", "nothing"), "what a 413 has done before (put /profiles, Limits)"
    ),
    "write-body": Switch(
        ("16-mb", "1-mb", "100-kb-page"),
        "the largest body of a write, and whether its 413 is JSON: no size is documented, and a "
        "server in front of the service may have its own (put /profiles, Limits)",
    ),
    "matching-relation": Switch(
        ("or-of-ands", "and-of-ors"),
        "how the arrays of matching combine (BulkInputEntryV2.matching)",
    ),
    "matched-values": Switch(
        ("not-set", "set"),
        "does a created profile get the values it was matched by: nothing is set that no rule "
        "lists, as the examples list them twice (put /profiles)",
    ),
    "match-case": Switch(("exact", "ignore"), "letter case in matching (OpenAPI: silent)"),
    "several-matches": Switch(
        ("oldest", "newest"), "which profile wins when several match (§3, §13)"
    ),
    "match-not-indexed": Switch(
        ("skipped", "bad-request"),
        "matching on a property that is not indexed (BulkInputEntryV2.matching)",
    ),
    "merged-profile": Switch(
        ("survivor", "not-found"),
        "whom a write by the id of a merged profile reaches (§7: the id points to the new)",
    ),
    "delete-by-matching": Switch(
        ("deleted", "skipped"),
        "DELETE without a profile id: the prose deletes the profile with the given ID "
        "(put /profiles, Profile strategy)",
    ),
    "restriction-on-creation": Switch(
        ("not-asked", "mismatch"), "is isMemberOfSegment asked of a new profile (restriction)"
    ),
    "increment-name": Switch(
        ("increment", "sum"), "the strategy's name: schema says INCREMENT, prose SUM (§3)"
    ),
    "set-without-values": Switch(
        ("clears", "ignored"), "what SET does with no value (§3: a separate Clear elsewhere)"
    ),
    "invalid-value": Switch(
        ("dropped", "skips-entry"), "what a validation error does to its entry (§3)"
    ),
    "pii-permission": Switch(
        ("granted", "missing"), "may the OAuth application write PII (put /profiles, UNAUTHORIZED)"
    ),
    "plugin-properties": Switch(
        ("refused", "changed"), "is a property made by a plug-in refused (put /profileProperties)"
    ),
}
"""What writing does."""

CONSENT: Mapping[str, Switch] = {
    "objective-ids": Switch(
        ("commas", "one"),
        "objectiveIds: several with commas in the example, one uuid in the schema (put /profiles)",
    ),
    "consent-on-creation": Switch(
        ("asked", "not-asked"), "must a new profile bring its consent (put /profiles, objectiveIds)"
    ),
    "no-legislation": Switch(
        ("consent-not-needed", "consent-needed"), "consent of a profile without zone (§6)"
    ),
    "consent-without-zone": Switch(
        ("stored", "ignored"), "consent written to a profile without zone (§3)"
    ),
    "unknown-objective": Switch(
        ("no-consent", "bad-request"), "an objective that does not exist (OpenAPI: silent)"
    ),
}
"""What consent is asked."""

BLUECONIC_SWITCHES: Mapping[str, Switch] = {**READING, **WRITING, **CONSENT}
