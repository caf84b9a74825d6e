"""What the two services, the goals and a run are: data, rules, findings and errors; no I/O."""
