"""Campaigns, their links and hits as the service writes them (activecampaign.md §8.2, §8.3)."""

from __future__ import annotations

from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.campaigns import (
    DRAFT,
    SENT,
    Campaign,
    CampaignLink,
    Hits,
    LinkHit,
)
from actui.sandbox.activecampaign.central_time import local_stamp, offset_stamp
from actui.sandbox.activecampaign.contact_answers import AUTOMATION_ID, Json, links

CAMPAIGN_LINKS = (
    "user",
    "automation",
    "campaignMessage",
    "campaignMessages",
    "links",
    "aggregateRevenues",
    "segment",
    "campaignLists",
)

ZEROS = (
    "segmentid",
    "realcid",
    "sendid",
    "threadid",
    "formid",
    "basetemplateid",
    "basemessageid",
    "addressid",
    "forwards",
    "uniqueforwards",
    "unsubreasons",
    "updates",
    "socialshares",
    "mail_transfer",
    "mail_send",
    "mail_cleanup",
    "mailer_log_file",
    "tracklinksanalytics",
    "tweet",
    "facebook",
    "embed_images",
    "htmlunsub",
    "textunsub",
    "willrecur",
    "split_content",
    "split_winner_messageid",
    "split_winner_awaiting",
    "responder_offset",
    "responder_existing",
    "reminder_offset",
    "managetext",
    "schedule",
    "waitpreview",
    "replysys",
    "created_by",
    "updated_by",
    "ip4",
    "ip",
    "can_skip_approval",
    "use_quartz_scheduler",
    "predictive_send",
    "has_outdated_translations",
    "hasTranslations",
    "repair_by_pydex",
    "moderation_status",
    "has_predictive_content",
)
EMPTY = (
    "analytics_campaign_name",
    "survey",
    "htmlunsubdata",
    "textunsubdata",
    "reminder_format",
    "activerss_url",
    "additional_data",
    "segmentname",
    "screenshot",
)
SETTINGS: Json = {
    **dict.fromkeys(ZEROS, "0"),
    **dict.fromkeys(EMPTY, ""),
    **dict.fromkeys(("reminder_last_cron_run", "scheduleddate", "deletestamp")),
    "type": "single",
    "userid": "1",
    "bounceid": "-1",
    "source": "web",
    "public": "1",
    "tracklinks": "all",
    "trackreads": "1",
    "trackreadsanalytics": "1",
    "recurring": "day1",
    "split_type": "even",
    "split_offset": "2",
    "split_offset_type": "day",
    "responder_type": "subscribe",
    "reminder_field": "sdate",
    "reminder_type": "month_day",
    "reminder_offset_type": "day",
    "reminder_offset_sign": "+",
    "activerss_interval": "day1",
    "activerss_items": "10",
    "laststep": "type",
    "series_send_lock_time": "0000-00-00 00:00:00",
    "repair_timestamp": "0000-00-00 00:00:00",
    "ed_version": "3",
    "format": "mime",
    "user": "1",
}
"""Values that no test needs; the names are those of recorded campaigns."""

LISTED_ONLY: Json = {
    "numberOfMessages": "1",
    "campaignIsText": "0",
    "typeText": "One-Time",
    "groupLimitViolation": False,
}


def _campaign_row(account: Account, row: Campaign) -> Json:
    opens, clicks = row.opened.hits, row.clicked.hits
    counts = account.memberships.counts()
    reached = str(sum(counts[list_id, 1] for list_id in row.lists))
    automation = AUTOMATION_ID if row.sent is None else None
    return {
        **SETTINGS,
        "seriesid": automation or "0",
        "name": row.name,
        "cdate": offset_stamp(row.created),
        "mdate": offset_stamp(row.created if row.sent is None else row.sent),
        "sdate": offset_stamp(row.sent),
        "ldate": offset_stamp(row.sent),
        "send_amt": reached,
        "total_amt": reached,
        "opens": str(opens.times),
        "uniqueopens": str(opens.people),
        "verified_opens": str(opens.times),
        "verified_unique_opens": str(opens.people),
        "linkclicks": str(clicks.times),
        "uniquelinkclicks": str(clicks.people),
        "subscriberclicks": str(clicks.people),
        "replies": str(row.replied.times),
        "uniquereplies": str(row.replied.people),
        "unsubscribes": str(row.unsubscribes),
        "hardbounces": str(row.hard_bounces),
        "softbounces": str(row.soft_bounces),
        "status": str(DRAFT if row.sent is None else SENT),
        "created_timestamp": local_stamp(row.created),
        "updated_timestamp": local_stamp(row.updated),
        "message_id": str(row.id),
        "campaign_message_id": str(row.id),
        "links": links(account, f"campaigns/{row.id}", CAMPAIGN_LINKS),
        "id": str(row.id),
        "automation": automation,
    }


def listed_campaign(account: Account, row: Campaign) -> Json:
    """A campaign as the listing shows it, with its state in words."""
    words = "Automation" if row.sent is None else "Completed"
    tip = "Sent when a contact gets there." if row.sent is None else "Sent to everybody."
    body = {**_campaign_row(account, row), **LISTED_ONLY}
    return {**body, "statusString": words, "statusToolTip": tip}


def single_campaign(account: Account, row: Campaign) -> Json:
    """A campaign by itself."""
    return {**_campaign_row(account, row), "isDoubleOptInCampaign": False}


def link_row(row: Campaign, link: CampaignLink, message: str) -> Json:
    """A `links` row."""
    return {
        "campaignid": str(row.id),
        "messageid": message,
        "link": link.target,
        "name": "Read Tracker" if link is row.opened else "",
        "ref": "",
        "tracked": "1",
        "links": {},
        "id": str(link.id),
        "campaign": str(row.id),
        "message": message,
    }


def link_rows(row: Campaign) -> list[Json]:
    """The links of a campaign, with a second tracker row whose message is "0" (§8.3)."""
    answers = [link_row(row, link, str(row.id)) for link in row.links]
    return [*answers, {**link_row(row, row.opened, "0"), "id": str(1_000_000 + row.id)}]


def campaign_list_rows(account: Account, row: Campaign) -> list[Json]:
    """Which lists a campaign went to; a list that is gone keeps its row without a name."""
    names = {number: one.name for number, one in account.lists.items()}
    return [
        {
            "campaignid": str(row.id),
            "listid": str(list_id),
            "userid": "1",
            "list_amt": "0",
            "name": names.get(list_id, ""),
            "cdate": offset_stamp(row.sent),
            "udate": offset_stamp(row.sent),
            "id": str(row.id * 100 + place),
            "user": "1",
            "list": str(list_id),
            "campaign": str(row.id),
        }
        for place, list_id in enumerate(row.lists)
    ]


def hit_row(account: Account, row: Campaign, link: CampaignLink, hit: LinkHit, read: str) -> Json:
    """A `linkData` or `mppLinkData` row; `read` is `isread`: 1 open, 0 click, 2 machine."""
    first = account.switches["link-data-tstamp"] == "first"
    return {
        "subscriberid": str(hit.contact),
        "campaignid": str(row.id),
        "messageid": str(row.id),
        "linkid": str(link.id),
        "tstamp": offset_stamp(hit.first if first else hit.at),
        "isread": read,
        "times": str(hit.times),
        "ip": "127.0.0.1",
        "ua": "",
        "uasrc": "",
        "referer": "",
        "id": str(hit.id),
        "contact": str(hit.contact),
        "campaign": str(row.id),
        "link": str(link.id),
        "message": str(row.id),
    }


def link_hit_rows(
    account: Account, row: Campaign, link: CampaignLink, hits: list[LinkHit]
) -> list[Json]:
    """`linkData` rows of one link."""
    read = "1" if link is row.opened else "0"
    return [hit_row(account, row, link, hit, read) for hit in hits]


def machine_hit_rows(account: Account, row: Campaign, hits: list[LinkHit]) -> list[Json]:
    """`mppLinkData` rows: opens by privacy proxies, which no counter of the campaign holds."""
    return [hit_row(account, row, row.opened, hit, "2") for hit in hits]


def all_hits(row: Campaign) -> list[tuple[Hits, str]]:
    """Everything people did with a campaign, with the name of its kind in the feed."""
    return [
        (row.opened.hits, "LinkData"),
        (row.clicked.hits, "LinkData"),
        (row.machine_opened, "MppLinkData"),
        (row.replied, "Reply"),
    ]
