"""What is reported of them: the forms and lists, their columns and their rows."""
