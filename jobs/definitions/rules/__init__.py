"""Rules as read from their files: national criteria, warnings, the ladder."""
