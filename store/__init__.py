"""What a home stores: documents, ledgers, locks and secrets."""
