"""What is kept on this machine: documents, ledgers, locks and secrets."""
