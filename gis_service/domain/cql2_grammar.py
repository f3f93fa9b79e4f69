"""The grammar of filters, in Lark's words.

Of CQL2 text these are left out: arithmetic, functions, arrays, CASEI and ACCENTI.  Well-known text is taken loosely
and read in earnest by GEOS.

Source:
    OGC 21-065r2 (Common Query Language, CQL2), annex B.
"""

GRAMMAR = r"""
start: expression

?expression: conjunction
    | conjunction (_OR conjunction)+ -> any_of

?conjunction: factor
    | factor (_AND factor)+ -> all_of

?factor: primary
    | NOT factor -> negation

?primary: "(" expression ")"
    | BOOLEAN -> constant
    | term COMPARISON term -> comparison
    | term _LIKE STRING -> like
    | term NOT _LIKE STRING -> not_like
    | term _BETWEEN term _AND term -> between
    | term NOT _BETWEEN term _AND term -> not_between
    | term _IN "(" term ("," term)* ")" -> within
    | term NOT _IN "(" term ("," term)* ")" -> not_within
    | (name | shape) _IS _NULL -> absent
    | (name | shape) _IS NOT _NULL -> present
    | SPATIAL "(" place "," place ")" -> spatial
    | TEMPORAL "(" times "," times ")" -> temporal

?term: name
    | STRING -> text
    | NUMBER -> number
    | BOOLEAN -> boolean
    | instant

?place: name
    | shape

?times: name
    | instant
    | _INTERVAL "(" end "," end ")" -> interval

?end: name
    | STRING -> moment

name: NAME
    | QUOTED -> quoted

instant: (DATE | TIMESTAMP) "(" STRING ")"

shape: geometry
    | BBOX "(" NUMBER ("," NUMBER)+ ")" -> box

geometry: WKT Z? body
body: "(" part ("," part)* ")"
?part: NUMBER+ -> position
    | body
    | geometry

_OR: "OR"i
_AND: "AND"i
NOT: "NOT"i
_LIKE: "LIKE"i
_BETWEEN: "BETWEEN"i
_IN: "IN"i
_IS: "IS"i
_NULL: "NULL"i
_INTERVAL: "INTERVAL"i
DATE: "DATE"i
TIMESTAMP: "TIMESTAMP"i
BBOX: "BBOX"i
Z: "Z"i
BOOLEAN.2: /(TRUE|FALSE)(?![\w.:])/i
SPATIAL.2: /S_(INTERSECTS|DISJOINT|CONTAINS|WITHIN|EQUALS|TOUCHES|CROSSES|OVERLAPS)(?![\w.:])/i
TEMPORAL.2: /T_(AFTER|BEFORE|CONTAINS|DISJOINT|DURING|EQUALS|FINISHEDBY|FINISHES|INTERSECTS|MEETS|METBY)(?![\w.:])/i
    | /T_(OVERLAPPEDBY|OVERLAPS|STARTEDBY|STARTS)(?![\w.:])/i
WKT.2: /(MULTI)?(POINT|LINESTRING|POLYGON)(?![\w.:])/i
    | /GEOMETRYCOLLECTION(?![\w.:])/i
COMPARISON: "<>" | "<=" | ">=" | "=" | "<" | ">"
NAME: /[^\W\d][\w.:]*/i
QUOTED: /"(""|[^"])+"/
STRING: /'(''|\\'|[^'])*'/
NUMBER: /[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?/i
%ignore /\s+/
"""
