"""Import goals: ActiveCampaign contacts into BlueConic profiles."""
