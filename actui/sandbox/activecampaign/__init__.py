"""ActiveCampaign's REST API v3 as `activecampaign.md` describes it."""
