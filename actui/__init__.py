"""actui: a terminal console that connects BlueConic with ActiveCampaign."""

__version__ = "0.1.0"
