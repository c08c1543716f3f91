"""Airflow of the embedded default."""
