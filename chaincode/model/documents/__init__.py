"""The ledger's documents. Absent means absent: no document holds a null.

Times are epoch milliseconds of the transaction's timestamp, dates ``YYYY-MM-DD`` (UTC), temperatures
milli-degrees Celsius. A *ref* is a GS1 element string: ``01<GTIN-14>21<serial>`` or ``00<SSCC>``.
"""
