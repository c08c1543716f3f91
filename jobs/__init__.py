"""专精特新 operating monitor: what is computed. Runs with or without Airflow (``zjtx --help``)."""
