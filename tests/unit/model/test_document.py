"""Connection files: what is written comes back, and mistakes are named with their line."""

import pytest

from actui.model.document import dump, load
from actui.model.errors import ConfigError
from actui.model.goals import ExportGoal, ImportGoal
from actui.model.mapping import Rule, SegmentsSource

WHOLE = """\
version: 1
connection:
  id: c-7f3a
  name: Newsletter
  description: ""
  labels: [email]
  favorite: false
  enabled: true
  timezone: Europe/Amsterdam
  notify: {when: failure, recipients: [ops@example.com], webhook: null}
  activecampaign: {url: "https://acme.api-us1.com"}
  blueconic: {url: "https://acme.blueconic.net", client_id: "someone"}
  objectives: [marketing]
  consent_where_needed: false
  schedule: {type: weekly, days: [mon, fri], at: "01:30"}
  goals:
    - import:
        id: g-01
        name: Contacts
        contacts: lists
        lists: [{list: "Newsletter", create_profiles: true}]
        statuses: [active]
        create_profiles: true
        new_profiles: {privacy_legislation: null, permission_level: PERSONAL, domain_group: DEFAULT}
        save_lists_to: ac_lists
        identifiers: [{field: email, property: email}, {field: "%BCID%", profile_id: true}]
        mappings:
          - {field: firstName, property: first_name, rule: set}
          - {field: "%TIER%", property: tier, rule: set_if_empty}
          - {field: "%INTERESTS%", property: interests, rule: add, when_empty: keep}
          - {field: "%POINTS%", property: points, rule: sum, of: value, sum_start: add}
        mode: changed
        reconcile_days: 7
    - export:
        id: g-02
        name: Engaged
        segment: "Newsletter readers"
        identifiers: [{field: email, property: email}]
        mappings:
          - {from: {property: first_name}, field: firstName, when_empty: keep}
          - {from: profile_id, field: "%BCID%"}
          - {from: {segments: all}, field: "%SEGMENTS%"}
          - {from: {segments: [vip]}, field: "%VIP%"}
          - {from: lifecycles, field: "%STAGE%"}
          - {from: viewed_interactions, field: "%SEEN%"}
          - {from: permission_level, field: "%LEVEL%"}
          - {from: {text: "blueconic"}, field: "%SOURCE%"}
        lists: ["Newsletter"]
        resubscribe: never
        unsubscribe: false
        automations: true
        recreate_deleted: false
        lifecycle: {lifecycle: "Welcome", stage: "First stage", events: [opened, clicked]}
        mode: changed
"""


def test_the_whole_format_comes_back_the_same():
    connection = load(WHOLE)
    assert load(dump(connection)) == connection
    first, second = connection.goals
    assert isinstance(first, ImportGoal)
    assert [m.rule for m in first.mappings] == list(Rule)
    assert isinstance(second, ExportGoal)
    assert second.mappings[2].source == SegmentsSource(segments="all")
    assert second.lists[0].name == "Newsletter"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WHOLE.replace("favorite", "favourite"), "f.yaml:7: unknown key 'favourite'"),
        (WHOLE.replace("rule: set_if_empty", "rule: maybe"), "f.yaml:29: rule:"),
        (WHOLE.replace("of: value", "offs: value"), "f.yaml:31: unknown key 'offs'"),
        (WHOLE.replace("{from: profile_id", "{from: nothing"), "f.yaml:41: from: "),
        (WHOLE.replace("version: 1", "version: 2"), "f.yaml:1: 'version' must be 1"),
        (WHOLE.replace("    - import:", "    - imports:"), "f.yaml:17: a goal starts with"),
        (WHOLE.replace("Europe/Amsterdam", "Mars"), "f.yaml:9: timezone: 'Mars' is no time zone"),
        (WHOLE.replace("https://acme.api", "http://acme.api"), "f.yaml:11: url: plain http"),
        (WHOLE.replace("  labels: [email]", "  name: Twice"), "f.yaml:6: the key 'name' stands"),
        (WHOLE.replace("labels: [email]", "labels: [email"), "f.yaml:"),
        ("version: 1\nconnection:\n  goals: []\n", "f.yaml:2: the key 'name' is missing"),
        ("- a\n- b\n", "f.yaml:1: a connection file starts with"),
    ],
)
def test_a_mistake_is_named_with_its_line(text, said):
    with pytest.raises(ConfigError) as caught:
        load(text, "f.yaml")
    assert caught.value.message.startswith(said)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("spelled", "read"),
    [
        ("false", "never"),
        ("true", "own"),
        ("never", "never"),
        ("own", "own"),
        ("all", "all"),
    ],
)
def test_every_spelling_of_unsubscribe_is_read_and_printed_in_words(spelled, read):
    connection = load(WHOLE.replace("unsubscribe: false", f"unsubscribe: {spelled}"))
    assert connection.exports()[0].unsubscribe == read
    assert f"unsubscribe: {read}\n" in dump(connection)


@pytest.mark.parametrize("spelled", ["maybe", "1", '"true"', "null", "[]"])
def test_another_value_of_unsubscribe_is_refused(spelled):
    with pytest.raises(ConfigError, match=r"f\.yaml:\d+: unsubscribe: .*'never', 'own' or 'all'"):
        load(WHOLE.replace("unsubscribe: false", f"unsubscribe: {spelled}"), "f.yaml")


def test_a_bare_host_becomes_https():
    text = WHOLE.replace("https://acme.api-us1.com", "acme.api-us1.com/")
    assert load(text).activecampaign.url == "https://acme.api-us1.com"


def test_a_schedule_without_a_type_is_told_in_plain_words() -> None:
    text = "version: 1\nconnection:\n  name: A\n  schedule: {times: 3}\n"
    with pytest.raises(ConfigError, match="schedule: it needs a type"):
        load(text, "a.yaml")
