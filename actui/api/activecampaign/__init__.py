"""The client of ActiveCampaign's REST API v3; what is known of it is in `activecampaign.md`."""
