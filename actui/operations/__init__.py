"""What is done with runs and homes from outside a run: schedule, launch, notify, erase, check."""
