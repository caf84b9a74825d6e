"""The client of ActiveCampaign's REST API v3."""
