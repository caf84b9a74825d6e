"""Export goals: a BlueConic segment into ActiveCampaign."""
