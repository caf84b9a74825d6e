"""Findings: what keeps a connection from running, and what its user should know."""

from actui.model.connection import Connection
from actui.model.findings import errors, findings

LINK = [{"field": "email", "property": "email"}]


def connection(*goals, **more):
    facts = {
        "name": "N",
        "activecampaign": {"url": "https://a.example"},
        "blueconic": {"url": "https://b.example", "client_id": "c"},
        "goals": list(goals),
    }
    return Connection.model_validate({**facts, **more})


def imported(name="I", **more):
    return {"kind": "import", "name": name, "identifiers": LINK, **more}


def exported(name="E", **more):
    return {"kind": "export", "name": name, "segment": "S", "identifiers": LINK, **more}


def codes(found):
    return [finding.code for finding in found]


def test_a_sound_connection_has_none():
    assert findings(connection(imported(), exported())) == []


def test_an_empty_one_says_what_is_missing():
    said = codes(errors(Connection(name="N")))
    assert said == ["no-url", "no-url", "no-client", "no-goal"]


def test_goals_that_are_off_are_not_looked_at():
    off = imported(identifiers=[], enabled=False)
    assert codes(errors(connection(off))) == ["no-active-goal"]


def test_lists_and_thresholds_that_cannot_work_are_told():
    def told(**more):
        return [(f.code, f.severity) for f in findings(connection(exported(**more)))]

    never = ("leaving-is-for-ever", "warning")
    for setting in (True, "own", "all"):
        assert told(unsubscribe=setting, lists=["L"]) == [never]
        assert told(unsubscribe=setting, resubscribe="own", lists=["L"]) == []
        assert told(unsubscribe=setting, resubscribe="own") == [("no-list", "warning")] * 2
    for setting in (False, "never"):
        assert told(unsubscribe=setting, lists=["L"]) == []
    assert told(resubscribe="all") == [("no-list", "warning")]
    capped = {"lifecycle": "W", "stage": "S", "events": ["opened"]}
    assert told(lifecycle=capped) == [("threshold-without-lists", "error")]
    assert told(lifecycle=capped, lists=["L"]) == []


def test_who_cannot_be_created_is_told():
    linked = [{"field": "%CID%", "property": "customer_id"}]
    assert codes(findings(connection(exported(identifiers=linked)))) == ["no-email-source"]
    mapped = [{"from": {"property": "email"}, "field": "email"}]
    assert findings(connection(exported(identifiers=linked, mappings=mapped))) == []
    stamped = [{"field": "udate", "property": "customer_id"}, *LINK]
    assert codes(errors(connection(exported(identifiers=stamped)))) == ["no-link-field"]


def test_two_goals_with_one_target_are_a_warning():
    mapped = [{"field": "firstName", "property": "first_name"}]
    found = findings(connection(imported("A", mappings=mapped), imported("B", mappings=mapped)))
    assert [(f.code, f.severity) for f in found] == [("two-goals-one-target", "warning")]


def test_a_sum_that_feeds_itself_is_an_error():
    found = errors(
        connection(
            imported(mappings=[{"field": "%P%", "property": "points", "rule": "sum"}]),
            exported(mappings=[{"from": {"property": "points"}, "field": "%P%"}]),
        )
    )
    assert codes(found) == ["sum-feeds-itself"]


def test_a_renamed_list_does_not_change_the_goal():
    one = connection(exported(lists=[{"name": "Old", "id": "3"}])).goals[0]
    other = connection(exported(lists=[{"name": "New", "id": "3"}])).goals[0]
    third = connection(exported(lists=[{"name": "New", "id": "4"}])).goals[0]
    assert one.config_hash() == other.config_hash() != third.config_hash()


def test_a_property_to_be_made_needs_a_possible_id():
    assert codes(errors(connection(imported(save_lists_to="my lists")))) == ["bad-property-id"]
    assert errors(connection(imported(save_lists_to="ac_lists-1"))) == []


def test_an_export_goal_needs_a_segment():
    (found,) = errors(connection(exported(segment="")))
    assert (found.code, found.message) == ("no-segment", "E: select a segment.")


def test_nothing_else_is_mapped_to_a_linked_identifier():
    same = {"from": {"property": "email"}, "field": "email"}
    assert findings(connection(exported(mappings=[same]))) == []
    other = {"from": "lifecycles", "field": "email"}
    (found,) = findings(connection(exported(mappings=[other])))
    assert (found.code, found.severity) == ("link-overwritten", "error")
