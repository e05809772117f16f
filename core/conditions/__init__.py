"""The one condition language of the product: conditions as data, compiled to SQL or evaluated in memory.

``core.conditions.language`` says what can be written and what it means, ``core.conditions.fields`` how properties and
associations are described, ``core.conditions.registry`` where apps register them.
"""

from core.conditions import registry
from core.conditions.address import Where, from_address, from_query, to_address, where_in
from core.conditions.collecting import values_for
from core.conditions.fields import ConditionObject, Field, Fields, Relation, StandIn, fields, json_text, json_text_field
from core.conditions.language import BadCondition, Condition, parse, problems_of, setting
from core.conditions.memory import holds, matches
from core.conditions.sql import compile_conditions, to_sql
from core.conditions.words import Failing, explain, failing, names_in, sentence

__all__ = [
    "BadCondition",
    "Condition",
    "ConditionObject",
    "Failing",
    "Field",
    "Fields",
    "Relation",
    "StandIn",
    "Where",
    "compile_conditions",
    "explain",
    "failing",
    "fields",
    "from_address",
    "from_query",
    "holds",
    "json_text",
    "json_text_field",
    "matches",
    "names_in",
    "parse",
    "problems_of",
    "registry",
    "sentence",
    "setting",
    "to_address",
    "to_sql",
    "values_for",
    "where_in",
]
