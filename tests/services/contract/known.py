"""Where actui or the sandbox departs from the documents, each with the fact it rests on."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Departure:
    """Complaints of some operations that are no mistakes; `source` is where that is known from."""

    operation: str
    complaint: str
    source: str

    def covers(self, operation: str, complaint: str) -> bool:
        return bool(
            re.fullmatch(self.operation, operation) and re.fullmatch(self.complaint, complaint)
        )


AC = "ActiveCampaign "
DEPARTURES = (
    Departure(
        AC + "GET .*",
        "query (limit|offset): undocumented",
        "every listing has pages (activecampaign.md §3.1)",
    ),
    Departure(
        AC + "GET /contacts",
        r"query orders\[\w+\]: not in enum",
        "the document's own default is ASC, its enum has small letters (activecampaign.md §13)",
    ),
    Departure(
        AC + "GET /contacts",
        r"query ids\[\]: undocumented",
        "the parameter is called ids, its example is ids[]=1&ids[]=2 (activecampaign.md §3.1)",
    ),
    Departure(
        AC + "GET /contacts",
        r"query filters\[(updated|created)_(after|before)\]: no date",
        "date-times work, a bare day loses hours (activecampaign.md §3.3, §13)",
    ),
    Departure(
        AC + "GET /contacts",
        "query include: undocumented",
        "seen in clients and their recorded answers (activecampaign.md §3.4)",
    ),
    Departure(
        AC + "GET /contacts",
        r"answer (contacts\[\]\.)?(fieldValues|contactLists)(\[\])?: unknown key",
        "what include adds: sibling arrays and ids in each contact (activecampaign.md §3.4)",
    ),
    Departure(
        AC + r"GET /contacts(/\{id\})?",
        r"answer contacts?(\[\])?\.last_(open|click|mpp_open)_date: text",
        "null on every recorded contact, none of whom was sent a mail (activecampaign.md §3.2, §8)",
    ),
    Departure(
        AC + "GET /contacts",
        r"answer meta\.page_input\.(segmentid|search): text",
        "null in the recording, which asked for neither (activecampaign.md §3.2)",
    ),
    Departure(
        AC + "POST /contacts",
        r"answer errors\[\]\.error: unknown key",
        "in the answer to an invalid e-mail, seen live (activecampaign.md §1.2)",
    ),
    Departure(
        AC + "POST /contact/sync",
        "answer 200: undocumented",
        "201 in the document, 200 live for a contact that exists (activecampaign.md §6)",
    ),
    Departure(
        AC + "GET /activities",
        "answer: no example",
        "the document's example is no JSON; keys as in clients (activecampaign.md §8.1)",
    ),
    Departure(
        AC + "POST /fieldOption/bulk",
        "body: required (field|value)",
        "one option in the schema, an array of them in the document's example",
    ),
    Departure(
        AC + r"PUT /lists/exclusions/\{id\}",
        r"body\.channel: enum",
        "the schema's enum has quotation marks within its texts, the example has none",
    ),
    Departure(
        AC + r"(GET|POST|PUT) /tags(/\{id\})?",
        r"answer tags?(\[\])?\.((created|updated)_(timestamp|by)|deleted|links\.templateTags): "
        "unknown key",
        "newer than the document's examples, recorded (activecampaign.md §9)",
    ),
    Departure(
        AC + "POST /contactLists",
        r"body\.contactList\.(list|contact|status): type",
        "texts in the schema, numbers in the example and in a recording (activecampaign.md §5.3)",
    ),
    Departure(
        AC + "POST /import/bulk_import",
        r"body\.contacts\[\]\.(un)?subscribe\[\]\.listid: type",
        "a text in the schema, a number in the document's example (activecampaign.md §7.1)",
    ),
    Departure(
        AC + "POST /import/bulk_import",
        "answer (success: unknown key|Success: missing)",
        "Success in the document, success in clients: both are read (activecampaign.md §7.1)",
    ),
    Departure(
        AC + "GET /import/info",
        "answer status: boolean",
        "false until the batch is known, in the document's prose (activecampaign.md §7.2)",
    ),
    Departure(
        AC + r"PUT /contacts/\{id\}",
        "answer fieldValues: missing",
        "beside the contact in one example; actui reads the contact alone (activecampaign.md §4.2)",
    ),
    Departure(
        AC + r"PUT /contacts/\{id\}",
        "answer 422: undocumented",
        "an e-mail that another contact has, as for POST /contacts (activecampaign.md §1.2, §6)",
    ),
    Departure(
        AC + r"GET /campaigns/\{id\}/campaignLists",
        "(operation: undocumented|answer: no example)",
        "linked from every recorded campaign (activecampaign.md §8.2)",
    ),
    Departure(
        AC + r"GET /links/\{id\}/linkData",
        "(operation: undocumented|answer: no example)",
        "linked from the document's example of campaign links (activecampaign.md §8.3)",
    ),
    Departure(
        AC + r"GET /campaigns/\{id\}/links",
        "answer meta: unknown key",
        "every recorded listing has it (activecampaign.md §3.2)",
    ),
    Departure(
        AC + r"GET /campaigns(/\{id\})?",
        r"answer campaigns?(\[\])?\.([sl]date: text|isDoubleOptInCampaign: unknown key)",
        "dates are null on the recorded draft, texts once sent (activecampaign.md §8.2)",
    ),
    Departure(
        r"BlueConic GET /dialogues(/\{dialogue\})?",
        r"answer(\.dialogues\[\])?\.variants: type",
        "one object in the schema of dialogue, an array in its examples",
    ),
    Departure(
        r"BlueConic GET /dialogues(/\{dialogue\})?",
        r"answer(\.dialogues\[\])?\.domains: unknown key",
        "in the examples of /dialogues",
    ),
    Departure(
        "BlueConic GET /connections",
        r"answer: required roles|answer\.(connections|\w+PerPage|startIndex|total\w+): unknown key",
        "one connection in the schema, a listing in the example (blueconic.md §11)",
    ),
    Departure(
        r"BlueConic GET /connections/\{connection\}/runs",
        r"answer\.(runs|\w+PerPage|startIndex|total\w+): unknown key",
        "one run in the schema, a listing in the example (blueconic.md §11)",
    ),
    Departure(
        r"BlueConic GET /connections/\{connection\}",
        "answer: required roles",
        "roles came with version 100; the switch api-version (blueconic.md §11)",
    ),
    Departure(
        "BlueConic GET /lifecycles",
        r"answer\.(lifecycles|\w+PerPage|startIndex|total\w+): unknown key",
        "one lifecycle in the schema, a listing in the example",
    ),
    Departure(
        r"BlueConic GET /lifecycles(/\{lifecycle\})?",
        r"answer(\.stages\[\]\.touchpoints|\.pluginId): unknown key",
        "in the examples of /lifecycles/{lifecycle}",
    ),
    Departure(
        r"BlueConic \w+ /profileProperties(/\{propertyId\})?",
        r"answer(\.profileProperties\[\])?\.links: unknown key",
        "in every example of a property",
    ),
    Departure(
        r"BlueConic GET /segments/\{segment\}/profiles",
        r"answer\.links\[\]\.(href|rel|type): unknown key",
        "capitals in the schema of link, small letters in every example",
    ),
    Departure(
        r"BlueConic GET /profileEvents/\{profileId\}",
        r"answer\.events\[\]\.properties: unknown key",
        "property in the schema of profileEvent, properties in its example",
    ),
    Departure(
        r"BlueConic DELETE /profileProperties/\{propertyId\}",
        "answer 400: undocumented",
        "those made by a plug-in cannot be changed, a 400 (blueconic.md §11)",
    ),
    Departure(
        "BlueConic GET /segments",
        "answer 400: undocumented",
        "the second reading of the switch unreadable-page",
    ),
    Departure(
        "BlueConic .*",
        "answer (403|408|429): undocumented",
        "forbidden, a time-out and too many requests are general errors (blueconic.md §11)",
    ),
    Departure(
        "BlueConic POST /oauth/token",
        "answer 404: undocumented",
        "another server at that address, as when a host name was mistyped (blueconic.md §11)",
    ),
    Departure(
        "BlueConic PUT /profiles",
        "query objectiveIds: .*",
        "several ids, parted by commas (blueconic.md §5)",
    ),
)


def departure(operation: str, complaint: str) -> Departure | None:
    """The departure that covers a complaint."""
    return next((one for one in DEPARTURES if one.covers(operation, complaint)), None)
