"""What all tables of the ledger stand on."""

from sqlalchemy import BigInteger, Integer, MetaData

METADATA = MetaData()

# SQLite gives out numbers by itself only for a column of exactly the type INTEGER:
# https://sqlite.org/autoinc.html
NUMBER = BigInteger().with_variant(Integer(), "sqlite")
