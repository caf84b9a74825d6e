"""A connection on a host without a key store, and a key store that never answers."""

from __future__ import annotations

KEY = "activecampaign-api-key"
VARIABLE = "ACTUI_SECRET_NEWS_ACTIVECAMPAIGN_API_KEY"
OTHER = "ACTUI_SECRET_NEWS_BLUECONIC_CLIENT_SECRET"
FILE = """\
version: 1
connection:
  name: News
  enabled: true
  activecampaign: {url: "http://127.0.0.1:9"}
  blueconic: {url: "http://127.0.0.1:9", client_id: c}
  goals:
    - import: {name: In, identifiers: [{field: email, property: email}]}
"""
HANGING = """
import os, time
from keyring.backend import KeyringBackend

class Hanging(KeyringBackend):
    priority = 1
    def get_password(self, service, entry):
        with open(os.environ["ASKED"], "a") as file:
            file.write("asked\\n")
        time.sleep(600)
    set_password = delete_password = None
"""
