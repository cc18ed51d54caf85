"""Renders small templates with jinja2, for the Java tests to compare with.

Usage: jinja_vectors.py OUT.json

jinja2 (3.1.6) is set up as chat templates expect it. OUT.json is a list of objects with a
template, its variables, and the text, or null where jinja2 refuses the template or its variables.
"""

# ruff: noqa: E501
from __future__ import annotations

import datetime
import itertools
import json
import sys
from pathlib import Path
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment

from chat_jinja import environment

NOW = datetime.datetime(2026, 3, 5, 14, 7, 9)
VARIABLES: dict[str, Any] = {
    "a": 7,
    "b": -2,
    "f": 2.5,
    "s": "Hello World",
    "u": "zwölf \U0001f600 ß\u00a0x",
    "t": True,
    "n": None,
    "l": [3, 1, 2],
    "w": ["b", "A", "c", "a"],
    "e": [],
    "d": {"k": "v", "items": 1, "n": None, "nest": {"x": [1, {"y": "z"}]}},
    "m": [
        {"role": "user", "content": "Hi", "n": 2},
        {"role": "assistant", "content": "Yo", "n": 1},
        {"role": "user", "content": "Bye", "n": 2, "tags": ["p", "q"]},
    ],
    "html": "<a href='x'>&\"</a>",
    "big": 123456789012345678901234567890,
}

EXPRESSIONS = r"""
1 + 2 * 3 - 4 / 2 | 7 // 2 | -7 // 2 | 7 % 3 | -7 % 3 | 2 ** 10 | 2 ** -1 | 2 ** 3 ** 2 | -2 ** 2
7.5 // 2 | -7.5 % 2 | 1e3 | 1.5e-7 | 1_000 | 0x1f | 0b101 | 0o17 | 10 / 4 | 6 / 3 | 1 / 0 | 1 % 0
big + 1 | big * big | big // 7 | big % 1000 | big / 3 | 0.1 + 0.2 | 1e16 | 1e15 | 123456.789 | 1e-5
100000000000000000000.0 | 5e-324 | 1.7976931348623157e308 | 0.00001234 | -0.0 | 1e22 | 2e23 | 9e15
true + true | true and 1 | 0 or '' or 'x' | not 0 | not not n | 1 if t else 2 | (1 if n) | 1 == 1.0
true == 1 | '1' == 1 | n == none | l == [3, 1, 2] | (1, 2) == [1, 2] | (1, 2) == (1, 2) | d == d
1 < 2 < 3 | 1 < 3 < 2 | 'a' < 'b' | [1, 2] < [1, 3] | 1 < 'a' | n < 1 | 'a' in s | 'ell' in s
3 in l | 9 not in l | 'k' in d | 'v' in d | 1 in 'a' | 1 in n | 'x' in missing | missing in l
s ~ 1 ~ n ~ t | s + 1 | 'a' * 3 | 3 * 'a' | [1] * 2 | [1] + [2] | (1,) + (2,) | [1] + (2,) | 'a' 'b'
s[0] | s[-1] | s[99] | s[2:5] | s[:3] | s[-3:] | s[::-1] | s[::2] | s[8:2:-2] | s[5:2] | u[6] | u[::-1]
l[0] | l[-1] | l[9] | l[1:] | l[:-1] | l[::-1] | l[-1:0:-1] | l[::0] | l[true] | n[1:] | d['k'] | d.k
d['nest']['x'][1].y | d.nest.x.0 | d.items | d['items'] | d.missing | d['missing'] | d.missing.x | n.x
m[0].role | m[5].role | s.x | l.x | (1).x | missing | missing.x | missing['x'] | missing + 1 | missing()
[] | () | {} | (1,) | (1, 2) | [1, 'a', n, t, 1.0, (2,)] | {'a': 1, 2: 'b', n: t} | d | [u] | ["it's"]
['"'] | ['\'"'] | ['\n\t\\\x07\u2028é'] | [missing] | s.upper() | s.lower() | s.title() | "it's".title()
s.swapcase() | s.capitalize() | 'ß'.upper() | ' a '.strip() | 'xxaxx'.strip('x') | 'xa'.lstrip('x')
'ax'.rstrip('x') | 'a,b,,c'.split(',') | ' a  b '.split() | 'a b c'.split(' ', 1) | 'a b c'.rsplit(' ', 1)
' a  b c '.split(none, 1) | ' a b  c '.rsplit(none, 1) | 'a'.split('') | 'a\nb\r\nc'.splitlines()
'a\nb'.splitlines(true) | 'a-b-c'.partition('-') | 'a-b-c'.rpartition('-') | 'abc'.partition('-')
s.startswith('Hell') | s.startswith(('x', 'H')) | s.endswith('d') | s.endswith('x') | s.find('o')
s.rfind('o') | s.find('o', 5) | s.index('z') | s.count('l') | s.count('') | u.find('ß') | s.replace('l', 'L')
s.replace('l', 'L', 1) | 'ab'.replace('', '-') | '-'.join(w) | '-'.join(l) | 'x'.center(4) | 'x'.ljust(3)
'x'.rjust(3, '.') | '-5'.zfill(4) | 'abc'.removeprefix('a') | 'abc'.removesuffix('c') | 'a1'.isalnum()
'ab'.isalpha() | '12'.isdigit() | ' '.isspace() | ''.isspace() | 'ab'.islower() | 'AB'.isupper()
'{} {}'.format(1, 'b') | '{1}{0}'.format('a', 'b') | '{x[k]}'.format(x=d) | '{:>5}|{:<5}|{:^5}'.format(1, 2, 3)
'{:.2f} {:05d} {:,} {:x} {:e}'.format(f, a, 1234567, 255, 12345.678) | '{!r}'.format('a') | '{}'.format()
'%s %d %5.2f %r %%' % ('a', 3, 2.345, 'b') | '%05d|%-5s|%x|%+d' % (42, 'a', 255, 3) | '%s' % n | '%d' % 'a'
'%(k)s' % d | '%s %s' % 'a' | 'a' % 1 | '%e %g %g %G' % (1234.5, 0.00001, 1e20, 1e-10) | '%c%c' % ('a', 98)
d.get('k') | d.get('z') | d.get('z', 5) | d.keys() | d.values() | d.items() | d.items() | list | d.pop('k')
l.append(1) | l.index(2) | l.index(9) | l.count(1) | d.update({}) | d.copy() | d.keys() | list | l.sort()
s | length | l | length | d | count | 5 | length | n | length | missing | length | u | length | m | length
s | upper | s | lower | 'a-b c(d' | title | 'aB' | capitalize | ' x ' | trim | 'xax' | trim('x') | 5 | string
l | first | l | last | e | first | n | first | s | last | l | reverse | list | s | reverse | l | sum | w | sum
l | sort | l | sort(reverse=true) | w | sort | w | sort(case_sensitive=true) | [1, 'a'] | sort | l | max | l | min
e | max | m | sort(attribute='n') | map(attribute='content') | list | m | sort(attribute='n,content') | length
m | map(attribute='role') | join(', ') | m | map(attribute='tags.0', default='-') | list | w | map('upper') | list
m | map(attribute='tags') | list | m | selectattr('role', 'equalto', 'user') | map(attribute='content') | list
m | rejectattr('role', '==', 'user') | list | length | m | selectattr('tags') | list | length | m | selectattr('tags', 'defined') | list | length
[0, 1, '', 'a'] | select | list | [0, 1, 2] | reject('odd') | list | [1, 2, 3] | select('gt', 1) | list
l | join | l | join(', ') | m | join('|', attribute='role') | n | join | l | map('string') | join | n | map('upper') | list
w | unique | list | [1, 1.0, true, 2] | unique | list | m | groupby('role') | length | m | groupby('n')
d | dictsort | {'b': 1, 'A': 2} | dictsort | {'b': 1, 'A': 2} | dictsort(true) | {'b': 1, 'a': 2} | dictsort(by='value')
{'b': 1, 'a': 2} | dictsort(reverse=true) | d | items | list | n | items | [1, 2, 3] | batch(2) | list
[1, 2, 3] | batch(2, 0) | list | [1, 2, 3, 4, 5] | slice(3) | list | missing | default('x') | n | default('x')
n | default('x', true) | '' | d('x', boolean=true) | '12' | int | 'x' | int | 'x' | int(5) | '1f' | int(base=16)
'3.7' | int | 3.7 | int | -3.7 | int | n | int | '2.5' | float | 'x' | float | true | int | 7 | float | '1_0' | int
2.5 | round | 3.5 | round | 2.675 | round(2) | 2.1 | round(method='ceil') | 2.9 | round(0, 'floor') | 7 | round | -5 | abs
html | e | html | escape | html | safe | (html | safe) + '<' | (html | safe) ~ '<' | html | forceescape | html | safe | e
d | tojson | d | tojson(indent=2) | e | tojson(indent=2) | u | tojson | u | tojson(ensure_ascii=true) | missing | tojson
{'b': 1, 'a': 2} | tojson(sort_keys=true) | l | tojson(separators=(',', ':')) | {1: 2, n: 3, t: 4} | tojson | 1.0 | tojson
'\x07"\\/\u2028\x7f' | tojson | big | tojson | (1, 2) | tojson | [1.5e300, 1e-7] | tojson | {(1, 2): 3} | tojson
'a\nb\n\nc' | indent | 'a\nb' | indent(2, true) | 'a\n\nb' | indent(2, blank=true) | 'a\nb' | indent('> ') | '' | indent
s | replace('o', '0') | s | replace('o', '0', 1) | 5 | replace(5, 6) | 'x' | center(5) | s | truncate(8) | s | truncate(8, true)
'%s=%d' | format('a', 3) | s | wordcount | 'a b/c?ü' | urlencode | d | attr('k') | d | attr('keys') | s | nope | n | string
a is odd | a is even | a is divisibleby 7 | a is divisibleby(2) | n is none | missing is defined | s is defined
s is string | l is string | d is mapping | l is mapping | l is sequence | s is sequence | d is sequence | d.keys() is sequence
5 is sequence | l is iterable | 5 is iterable | missing is iterable | a is number | t is number | a is integer | t is integer
f is float | a is float | t is boolean | t is true | n is false | 1 is true | a is eq 7 | a is gt(3) | a is ge 7 | a is lt 7
a is in [7] | 'x' is lower | 'X' is upper | a is sameas 7 | d is callable | d.get is callable | missing is undefined
n is not none | not n is none | a is defined and a > 3 | 'safe' is filter | 'odd' is test | 's' is nope | d.get is mapping
range(3) | list | range(1, 9, 3) | list | range(3, 0, -1) | list | range(3)[1] | range(0) | list | range(200000) | dict(x=1, **{'y': 2})
dict([('a', 1)]) | namespace(x=1).x | namespace({'x': 2}).x | strftime_now('%d %b %Y') | strftime_now('%A %-d %B %y %H:%M:%S %j %p %I')
raise_exception('no') | string is string | s | upper | lower | title | (s | upper)[0] | -a | abs | -(a | float)
{'a': 1}.a | [1, 2][1] | (1, 2)[0] | {}.x | {'x': {}}.x.y | 'a' if false else 'b' if false else 'c' | [1, 2,] | {'a': 1,} | (1, 2,)
s.upper | s['upper']() | m[0]['items'] is defined | d['keys'] is defined | d['pop'] is defined | d.pop is defined | n is sameas none
joiner('|')() | cycler('a', 'b').next() | [[1, 2], [3]] | sum(start=[]) | m | sum(attribute='n') | 'x' | list | d | list | n | list
u | upper | u | title | u.split() | u.strip('z') | 'ǆ' | capitalize | 'ΑΣ'.lower() | '\u00a0 x\u2003' | trim | 'a\u2028b'.splitlines()
"""

TEMPLATES = [
    # Spaces and line breaks around tags.
    "a\n{% if true %}\nb\n{% endif %}\nc\n",
    "a\n  {% if true %}  \n  b\n  {% endif %}\n c\n\n",
    "a  {%- if true -%}  \n b \n {%- endif -%} \n c",
    "a\n  {%+ if true +%}\n b\n  {% endif +%}\nc",
    "a {{- 1 -}} b\n{{ 2 }}\n{{- 3 -}}\n c",
    "a\n  {# note #}\nb {#- note -#} c\n  {#+ x +#}\nd",
    "{% raw %}\n {{ x }} {% if %} {% endraw %}\nb",
    "a {%- raw -%} {{ x }} {%- endraw -%} b",
    "\r\na\rb\n\n",
    "{{ '{{' }} {{ '%}' }} {{ {'a': {'b': 1}}['a']['b'] }}",
    "x{{+ 1 }}y{% set z = 1 +%}\nq",
    "   {% set z = 1 %}   {{ z }}",
    "\x0b\n\u2003 {%- set z = 1 %}b",
    "{##}a{#-#}b{#--#}c",
    "",
    "\n",
    "{",
    "{ {% if t %}{{% endif %}",
    # Conditions.
    "{% if n %}1{% elif a == 7 %}2{% elif t %}3{% else %}4{% endif %}",
    "{% if missing %}1{% else %}2{% endif %}{% if missing is defined %}3{% endif %}",
    "{% if a, b %}tuple{% endif %}",
    "{% if missing.x %}1{% endif %}",
    "{% if false %}{{ s | nope }}{% endif %}ok",
    # Loops.
    "{% for x in l %}{{ loop.index }}/{{ loop.length }}:{{ x }}{% if not loop.last %},{% endif %}{% endfor %}",
    "{% for x in l %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}"
    "{{ loop.depth }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% for x in e %}{{ x }}{% else %}none{% endfor %}",
    "{% for x in n %}{% endfor %}",
    "{% for x in missing %}{{ x }}{% else %}none{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k in d %}{{ k }}{% endfor %}{% for c in u %}[{{ c }}]{% endfor %}",
    "{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}{{ a }}",
    "{% for a, b in [(1, 2, 3)] %}{% endfor %}",
    "{% for x in l if x > 1 %}{{ loop.index }}{{ x }}{{ loop.length }}{% else %}none{% endfor %}",
    "{% for x in l if x > 9 %}{{ x }}{% else %}none{% endfor %}",
    "{% for x in range(9) %}{% if x == 2 %}{% continue %}{% elif x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in l %}{% for y in l %}{{ loop.index }}{{ loop.depth }}{% endfor %}{{ loop.index }}{% endfor %}",
    "{% for x in l %}{{ loop.depth }}{{ loop.depth0 }}{{ loop.nope }}{{ loop['index'] }}{% endfor %}",
    "{% for x in l %}{{ loop.changed(x > 1) }}{% endfor %}",
    "{% set x = 1 %}{% for y in l %}{{ x }}{% set x = y %}{{ x }}{% endfor %}{{ x }}",
    "{% for x in l | map('string') %}{{ x }}{{ loop.last }}{% endfor %}",
    "{% for x in m | selectattr('n', 'eq', 2) %}{{ x.content }}{{ loop.length }}{% endfor %}",
    "{% set ns = namespace(c=0) %}{% for x in l if ns.c < 2 %}{% set ns.c = ns.c + 1 %}{{ x }}{% endfor %}",
    "{% for x in [1, 2] %}{% else %}{% endfor %}{% for x in 'ab' %}{{ x }}{% endfor %}",
    "{% set g = l | map('string') %}{{ g | list }}{{ g | list }}{% if g %}true{% endif %}",
    # Assignments.
    "{% set x, y = 1, 2 %}{{ x }}{{ y }}{% set z = 1, %}{{ z }}",
    "{% set x %}a{{ a }}b{% endset %}{{ x }}{{ x | length }}",
    "{% set x | upper | trim %} a{{ a }} {% endset %}{{ x }}",
    "{% set ns = namespace(found=false) %}{% for x in l %}{% set ns.found = x %}{% endfor %}{{ ns.found }}{{ ns.x }}",
    "{% set d.x = 1 %}",
    "{% set x = 1 %}{% if t %}{% set x = 2 %}{% endif %}{{ x }}",
    "{% with x = 1, y = a %}{{ x }}{{ y }}{% set z = 3 %}{% endwith %}{{ x }}{{ z }}",
    "{% filter upper | replace('A', 'b') %}a{{ s }}{% endfilter %}",
    "{% generation %}{% set q = 1 %}{{ q }}{% endgeneration %}{{ q }}",
    # Macros.
    "{% macro f(x, y=2, z=y) %}{{ x }}{{ y }}{{ z }}{% endmacro %}{{ f(1) }}|{{ f(1, 3) }}|{{ f(1, z=4) }}|{{ f() }}",
    "{% macro f(x) %}{{ x }}{{ a }}{{ late }}{% endmacro %}{% set late = 5 %}{{ f(1) }}",
    "{% macro f() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, k=3) }}",
    "{% macro f(x) %}{{ x }}{% endmacro %}{{ f(1, 2) }}",
    "{% macro f(x) %}{{ x }}{% endmacro %}{{ f(q=2) }}",
    "{% macro f(n) %}{{ n }}{% if n %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
    "{% macro f(x) %}[{{ caller(x) }}]{% endmacro %}{% call(y) f(4) %}{{ y }}{{ a }}{% endcall %}",
    "{% macro f() %}[{{ caller() }}]{% endmacro %}{% call f() %}in{% endcall %}",
    "{% macro f() %}x{% endmacro %}{% call f() %}in{% endcall %}",
    "{% macro f() %} x {% endmacro %}{{ f() | trim }}{{ f.name }}{{ f() ~ 1 }}",
    "{% macro f(x, args={}) %}{{ args.k }}{{ x(1) }}{% endmacro %}{% macro g(y) %}<{{ y }}>{% endmacro %}{{ f(g, args=d) }}",
    "{% macro f(x=1, y) %}{% endmacro %}",
    # What is not a template.
    "{% if %}",
    "{% if t %}",
    "{% endif %}",
    "{{ a",
    "{{ a }",
    "{{ }}",
    "{{ (1 }}",
    "{{ 1) }}",
    "{{ a b }}",
    "{{ 'a }}",
    "{{ a ! b }}",
    "{{ a.}}",
    "{{ a | }}",
    "{{ a is }}",
    "{{ s | nope }}",
    "{{ s is nope }}",
    "{{ f(x=1, 2) }}",
    "{% for x %}{% endfor %}",
    "{% for x in l %}",
    "{% set %}",
    "{% set true = 1 %}",
    "{% nope %}",
    "{% break %}",
    "{# a",
    "{% raw %}",
    "{% raw %}a",
    "a{#",
    "a{{",
    "a{%",
    "{{ a if }}",
    "{{ 'x' is string is string }}",
    "{{ [1, 2 }}",
    "{{ {'a' 1} }}",
    "{% include 'x' %}",
    # A chat.
    "{{- bos }}\n{%- for x in m %}\n    {%- if x.role == 'user' %}\n<u>{{ x.content }}</u>\n"
    "    {%- else %}\n<a>{{ x['content'] }}</a>\n    {%- endif %}\n{%- endfor %}\n{% if t %}\n<a>\n{% endif %}\n",
]


def render(jinja: ImmutableSandboxedEnvironment, template: str) -> str | None:
    """Returns the text, or None if jinja2 raises anything."""
    try:
        return jinja.from_string(template).render(**VARIABLES)
    except Exception:
        return None


def expressions() -> list[str]:
    """Returns each expression, and each that is made of it by the filters behind it."""
    parts = [line.split(" | ") for line in EXPRESSIONS.strip().splitlines()]
    alone = [part for line in parts for part in line]
    piped = [" | ".join(pair) for line in parts for pair in itertools.pairwise(line)]
    chained = [
        " | ".join(three) for line in parts for three in zip(line, line[1:], line[2:], strict=False)
    ]
    return ["{{ " + expression + " }}" for expression in [*alone, *piped, *chained]]


def main(out: Path) -> None:
    """Writes the expected texts of all templates."""
    jinja = environment(NOW)
    templates = list(dict.fromkeys([*expressions(), *TEMPLATES]))
    results = {template: render(jinja, template) for template in templates}
    shown = {
        template: text
        for template, text in results.items()
        if not text or (" at 0x" not in text and "range(" not in text)
    }
    vectors = {"variables": VARIABLES, "now": NOW.isoformat() + "Z", "texts": shown}
    out.write_text(json.dumps(vectors, ensure_ascii=True, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
