"""The HTTP clients of ActiveCampaign and BlueConic."""
