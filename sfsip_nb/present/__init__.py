"""What a person sees: tables, cards, forms and the record page, all from record-shaped dicts.

Everything here is a pure function of its arguments: no network, no clock, no journal. The shapes
are those of `record.json` (see docs/record.md); whatever stands in them is treated as hostile text.
"""
