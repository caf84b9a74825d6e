"""What pages and commands show, as text: runs, outcomes, previews, connections."""
