"""ActiveCampaign's quirks and open questions, each with a name and a switch.

The first reading is what recordings and live probes show. The others are what the document says,
what a plain reader would expect, or, where nobody knows, the other possibility. Sources are
sections of activecampaign.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from actui.sandbox.switch import Switch

TRANSPORT: Mapping[str, Switch] = {
    "numbers": Switch(("texts", "numbers"), "ids and most numbers in answers", "§1.4, recorded"),
    "meta-total": Switch(
        ("text", "number", "absent"),
        "the number of rows in meta.total",
        "§3.2, recorded; §11 no. 9",
    ),
    "utc-stamps": Switch(
        ("central", "utc"),
        "created_utc_timestamp and updated_utc_timestamp: US Central for all their name",
        "§1.4, recorded",
    ),
    "echoed-ids": Switch(
        ("texts", "as-sent"),
        "the type of ids in answers to contactLists and contactTags",
        "§1.4: recorded as texts, probed as sent",
    ),
    "missing-row": Switch(
        ("as-documented", "404"),
        "deleting a list or reading a field value that is not there is a documented 403",
        "§1.2, document",
    ),
    "keyless-answer": Switch(
        ("bare", "json", "html-200"),
        "a wrong key: an empty 403 without content type, one with JSON, or a page with 200",
        "§1.2",
    ),
    "own-user": Switch(
        ("visible", "forbidden"), "users/me for a good key whose group sees no users", "§2, unsure"
    ),
    "trailing-slash": Switch(("accepted", "not-found"), "a path that ends in a slash", "§11"),
    "rate-limit-headers": Switch(
        ("present", "absent"), "does a 429 carry Retry-After and RateLimit-*", "§1.3, unsure"
    ),
    "rate-limit-status": Switch(("429", "503"), "what an over-used account answers", "§1.2"),
    "undocumented-collections": Switch(
        ("served", "absent"),
        "linkData, logs, bounceLogs, campaignLists and their kind, which the document leaves out",
        "§8.2, seen in clients",
    ),
}

LISTINGS: Mapping[str, Switch] = {
    "default-order": Switch(
        ("email", "id"), "contacts without orders come by e-mail address", "§3.1, recorded"
    ),
    "largest-limit": Switch(
        ("100", "as-asked"), "a larger limit is silently cut to 100", "§3.1, probed"
    ),
    "limit-zero": Switch(
        ("total-only", "default"), "limit=0: no rows, or the usual twenty", "§3.1, unsure"
    ),
    "unknown-filters": Switch(
        ("ignored", "refused"), "a filter of /contacts that does not exist", "§3.1, probed; §1.2"
    ),
    "contact-filters": Switch(
        ("honoured", "listid-ignored", "status-ignored", "updated-after-ignored", "ids-ignored"),
        "which documented filter of the contacts listing has no effect",
        "§3.1, §11",
    ),
    "ids-as-text": Switch(
        ("accepted", "ignored"), "ids=1,2 instead of ids[]=1&ids[]=2", "§3.1, unsure"
    ),
    "status-without-list": Switch(
        ("on-any-list", "ignored"), "status= without listid=", "§3.1, unsure"
    ),
    "updated-after-inclusive": Switch(
        ("exclusive", "inclusive"),
        "does filters[updated_after] include its bound",
        "§3.3, unsure",
    ),
    "offset-less-dates": Switch(
        ("central", "utc"), "the zone of a filter date without offset", "§3.3, unsure"
    ),
    "total-counts": Switch(
        ("all", "rest"),
        "does meta.total ignore or respect id_greater and id_less",
        "§3.2, unsure",
    ),
    "include-truncates": Switch(
        ("no", "yes"), "are sideloaded rows cut at 100 a page", "§3.4, unsure"
    ),
    "segment-first-answer": Switch(
        ("empty", "whole"),
        "the first listing of a segment within an hour, whose query has only started",
        "§9, unsure",
    ),
    "contact-lists-filters": Switch(
        ("ignored", "honoured"), "filters on the listing of all list rows", "§5.3, probed"
    ),
    "activities-need-contact": Switch(
        ("no", "yes"), "the feed without contact=, which the document requires", "§8.1, probed"
    ),
    "activities-order": Switch(
        ("oldest-first", "newest-first"), "the feed without orders[tstamp]", "§8.1, probed"
    ),
    "activities-of-contact": Switch(
        ("live", "as-last-read"),
        "the feed of one contact, which reading that contact is said to generate",
        "§8.1, document; unsure",
    ),
    "link-data-repeats": Switch(
        ("change-row", "add-row"),
        "a second open or click by the same person",
        "§8.2, unsure",
    ),
    "link-data-tstamp": Switch(("last", "first"), "which of several opens the stamp is of", "§8.2"),
}

WRITES: Mapping[str, Switch] = {
    "sync-status": Switch(
        ("201-and-200", "201"),
        "contact/sync on a contact that exists: 200, where the document has 201 alone",
        "§6, probed",
    ),
    "new-list-status": Switch(
        ("201", "200"), "what a new list is answered with", "§5.1, recorded; document"
    ),
    "contact-tag-status": Switch(
        ("200", "201"), "what putting a tag on is answered with", "§9, recorded; document"
    ),
    "existing-tag": Switch(
        ("returned", "refused"), "a new tag whose name is there already", "§9, probed; reported"
    ),
    "contact-case": Switch(("kept", "lower"), "is an e-mail stored in lower case", "§6, unsure"),
    "email-matching": Switch(
        ("any-case", "exact"), "are addresses in other letter case the same contact", "§6, unsure"
    ),
    "erased-contact": Switch(
        ("blanked", "flagged"), "does erasing on request blank the fields", "§10, unsure"
    ),
    "phone-only-contacts": Switch(
        ("off", "on"), "the account's option behind allowNullEmail", "§6, document"
    ),
    "unknown-field-ids": Switch(
        ("dropped", "refused"), "a field that is not there in a contact's write", "§4.2, probed"
    ),
    "option-values": Switch(
        ("stored", "refused"),
        "a value that is none of its field's options, in single writes",
        "§4.2, disputed",
    ),
    "values-of-deleted-fields": Switch(
        ("left-behind", "gone"), "field values once their field is deleted", "§11 no. 11"
    ),
    "list-stamp": Switch(
        ("lags", "follows"),
        "updated_timestamp of a list stays behind when udate moves",
        "§1.4, recorded",
    ),
    "list-writes-bump-udate": Switch(
        ("yes", "no"),
        "do unsubscribes, bounces and opens move the contact's udate",
        "§3.3, open question 4",
    ),
    "list-status-type": Switch(
        ("number", "text"), "status in the answer to contactLists", "§5.2, recorded"
    ),
    "unchanged-status": Switch(
        ("without-contacts", "with-contacts"),
        "the answer to a list status that was so before",
        "§5.2, inferred from a recording",
    ),
    "resubscribe": Switch(
        ("allowed", "forbidden", "kept"),
        "a status 1 over a 2: it resubscribes, or the key's group may not (a 403, or no effect)",
        "§5.2, probed; unsure without the permission",
    ),
    "inline-lists": Switch(
        ("ignored", "honoured"),
        "lists and tags within a contact's write",
        "§5.4, one second-hand source",
    ),
}

BULK: Mapping[str, Switch] = {
    "bulk-counts-against-limit": Switch(
        ("no", "yes"), "do bulk imports count against the 5 requests a second", "§1.3, unsure"
    ),
    "bulk-rate-limit-status": Switch(
        ("400", "429"), "what too many bulk imports are answered with", "§7.1, document"
    ),
    "bulk-validation": Switch(
        ("all-or-nothing", "row-by-row"),
        "one bad row refuses the request, or fails alone",
        "§7.1, probed",
    ),
    "bulk-reasons": Switch(
        ("rows", "texts"),
        "does a refused import name its contacts, or only say why in a text",
        "§7.1: failureReasons may be a list of objects or of strings",
    ),
    "bulk-reason-numbers": Switch(
        ("from-one", "from-zero"), "how failureReasons number the rows", "§7.1, probed"
    ),
    "bulk-camel-case": Switch(
        ("dropped", "accepted"), "firstName and lastName in a bulk row", "§7.1, probed"
    ),
    "bulk-success-key": Switch(
        ("success", "Success"), "spelling of the answer's first key", "§7.1, probed; document"
    ),
    "bulk-excluded-success": Switch(
        ("count", "flag"), "success beside excluded addresses", "§7.1, document"
    ),
    "bulk-success-ids": Switch(
        ("created-and-updated", "created"), "whose ids a finished batch lists", "§7.2, disputed"
    ),
    "bulk-refused-subscribe": Switch(
        ("whole-row", "only-list"),
        "what a refused subscribe does to its row",
        "§7.3, open question 1",
    ),
    "bulk-bounced-contact": Switch(
        ("only-subscribe", "whole-row"),
        "does a bounced contact fail without subscribe",
        "§7.3, unsure",
    ),
    "bulk-odd-address": Switch(
        ("refused-request", "failed-row"),
        "an address only ActiveCampaign refuses: 400 at once or a failure later",
        "§7.1, unsure",
    ),
    "bulk-empty-text": Switch(
        ("overwrites", "ignored"), "does an empty name or value clear the old", "§7.3, unsure"
    ),
    "bulk-absent-keys": Switch(
        ("kept", "cleared"), "names and phone that a bulk row does not have", "§7.3, unsure"
    ),
    "exclude-automations": Switch(
        ("either", "top-level", "in-contact"),
        "where exclude_automations is honoured",
        "§7.1, open question 2",
    ),
    "batch-first-moment": Switch(
        ("false", "waiting"), "the status of a batch in its first second", "§7.2, probed"
    ),
    "batch-speed": Switch(
        ("normal", "fast", "stuck"), "how soon a batch completes: 2 s, 0.3 s, never", "§7.2, unsure"
    ),
    "batch-order": Switch(
        ("as-queued", "reversed"), "which of two waiting batches is applied first", "§7.2, unsure"
    ),
    "batch-end": Switch(
        ("completed", "failed", "interrupted"),
        "how batches end; the last two apply the first half",
        "§7.2, document",
    ),
}

ACTIVECAMPAIGN_SWITCHES: Mapping[str, Switch] = {**TRANSPORT, **LISTINGS, **WRITES, **BULK}
