"""The demo: source systems, Airflow, Spark, audits, publication and dashboards by one command."""
