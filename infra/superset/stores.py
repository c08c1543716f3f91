"""The catalogue of our own tables in Superset's metadata database; who keeps one enters it there."""

import sqlalchemy as sa

METADATA = sa.MetaData()
