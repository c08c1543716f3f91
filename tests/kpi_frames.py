"""What is left of the frames of Spark for tests of figures: the shape of notices, and readings of a frame by name."""

NOTICE = (
    "document_no string, document_date date, tier string, event string, issuer string, name string, "
    "new_name string, uscc string, unit_name string, county_name string, valid_from date, valid_to date"
)


def readings(frame):
    """Rows by reading."""
    return {row["reading"]: row for row in frame.collect()}
