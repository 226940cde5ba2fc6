"""Ties a translation to its source: word links from attention, quotes and names found again."""
