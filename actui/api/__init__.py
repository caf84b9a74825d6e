"""HTTP clients of ActiveCampaign and BlueConic, for exactly the calls the engine makes."""
