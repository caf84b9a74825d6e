"""Dialogs above the pages."""
