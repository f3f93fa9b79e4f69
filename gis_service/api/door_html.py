"""Draws the public page of a door as HTML: no script and no style of its own, all text escaped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote, urlencode

from gis_service.api.door_words import SCRIPT_WORDS, WORDS, DoorLanguage
from gis_service.domain.building_code import split_entrance
from gis_service.domain.door_contact import DoorContact
from gis_service.domain.plate import group_code
from gis_service.errors import ServiceError
from gis_service.use_cases.read_door import Door

FOLDER = Path(__file__).resolve().parent.parent / "door"


def door_html(door: Door, language: DoorLanguage, *, token: str, at: str | None, day: str) -> str:
    """Return the page of a door.

    Args:
        door: what it tells.
        language: of its words; names stay as they are stored.
        token: that the form was loaded from here.
        at: the instant as it was asked for; the form is shown for now alone.
        day: of that instant, to be told.
    """
    words, found = WORDS[language], door.answer.found
    building, entrance = found.building, found.entrance
    called = building.name or building.address or building.code
    heading = called if entrance is None else f"{called} · {entrance.label}"
    lines = [f"<p>{escape(building.address)}</p>"] if building.address and building.address != called else []
    code = escape(group_code(building.code))
    lines.append(f'<p class="code"><small>{escape(words["code"])}</small>{code}</p>')
    main = [_ground_card(door, words), _people_card(door.contacts, language)]
    if at is None:
        main.append(_form(door, language, token, called if entrance is None else heading))
    else:
        told = words["as_of"].format(day=day)
        main.insert(0, f'<p class="note">{escape(told)} · {_link(door.typed, words["today"], language)}</p>')
    title = f"{heading} · {words['title']}"
    return _page(language, door.typed, at, title=title, heading=heading, under="".join(lines), main=main)


def unknown_html(typed: str, error: ServiceError, language: DoorLanguage, at: str | None) -> str:
    """Return the page that says why there is none for what was typed, and what may be meant."""
    words, members = WORDS[language], error.members
    heading, told, choices = words["unknown"], words["unknown_hint"], []
    if error.code == "unknown-entrance":
        heading, told = words["no_entrance"], words["entrances"]
        code = split_entrance(typed)[0][0]
        choices = [f"{code}-{label}" for label in members["entrances"]]
    elif error.code == "ambiguous-alias":
        heading, told, choices = words["ambiguous"], words["likely"], list(members["aliases"])
    elif error.code == "no-edition":
        heading, told = words["no_edition"], ""
        choices = [typed]
    elif members.get("likely"):
        told, choices = words["likely"], list(members["likely"])
    links = "".join(f"<li>{_link(one, group_code(one), language)}</li>" for one in choices)
    card = f'<section class="card"><h2>{escape(told)}</h2><ul class="list">{links}</ul></section>'
    main = [card] if told or links else []
    under = f'<p class="code">{escape(typed)}</p>'
    return _page(language, typed, at, title=heading, heading=heading, under=under, main=main)


def _page(
    language: DoorLanguage, typed: str, at: str | None, *, title: str, heading: str, under: str, main: Iterable[str]
) -> str:
    words, other = WORDS[language], _other(language)
    return _template("page.html").substitute(
        lang=words["lang"],
        title=escape(title),
        heading=escape(heading),
        subheading=under,
        main="\n".join(main),
        other_href=escape(_address(typed, other, at)),
        other_lang=WORDS[other]["lang"],
        other_language=escape(words["other_language"]),
        emergency=escape(words["emergency"]),
    )


def _ground_card(door: Door, words: Mapping[str, str]) -> str:
    ground = door.answer.ground
    if ground.owner is None:
        return f'<section class="card"><h2>{escape(words["grid"])}</h2><p>{escape(words["no_grid"])}</p></section>'
    chain = "".join(f"<li>{escape(grid.name or grid.code)}</li>" for grid in ground.chain)
    owner = ground.owner
    return (
        f'<section class="card"><h2>{escape(words["grid"])}</h2>'
        f'<p class="owner" data-code="{escape(owner.code)}">{escape(owner.name or owner.code)}</p>'
        f'<ol class="chain">{chain}</ol></section>'
    )


def _people_card(contacts: Sequence[DoorContact], language: DoorLanguage) -> str:
    words = WORDS[language]
    people = "".join(_person(one, language) for one in contacts)
    told = f'<ul class="people">{people}</ul>' if people else f"<p>{escape(words['no_staff'])}</p>"
    return f'<section class="card"><h2>{escape(words["staff"])}</h2>{told}</section>'


def _person(contact: DoorContact, language: DoorLanguage) -> str:
    name = escape(contact.name if language == "zh" else contact.name_en)
    phone = escape(contact.phone or "—")
    if contact.dial is None:
        return f"<li><span>{name}</span><span>{phone}</span></li>"
    return f'<li><span>{name}</span><a href="tel:{escape(quote(contact.dial, safe="+"))}">{phone}</a></li>'


def _form(door: Door, language: DoorLanguage, token: str, place: str) -> str:
    words = WORDS[language]
    kinds = "\n".join(
        f'<label><input type="radio" name="category" value="{escape(one.code)}">'
        f"<span>{escape(one.name if language == 'zh' else one.name_en)}</span></label>"
        for one in door.categories
    )
    said = {name: words[name] for name in SCRIPT_WORDS}
    plain = {name: escape(word) for name, word in words.items() if name not in {"at_door", "entrance"}}
    return _template("form.html").substitute(
        plain,
        page=escape(quote(door.typed, safe="")),
        token=escape(token),
        place=escape(place),
        words=escape(json.dumps(said, ensure_ascii=False)),
        kinds=kinds,
        at_door=escape(words["at_door"].format(place=place)),
    )


def _link(typed: str, text: str, language: DoorLanguage) -> str:
    return f'<a href="{escape(_address(typed, language, None))}">{escape(text)}</a>'


def _address(typed: str, language: DoorLanguage, at: str | None) -> str:
    # With a dot in front, a colon in a code makes no scheme of what stands before it.
    query = {"lang": language} | ({} if at is None else {"at": at})
    return f"./{quote(typed, safe='')}?{urlencode(query)}"


def _other(language: DoorLanguage) -> DoorLanguage:
    return "en" if language == "zh" else "zh"


@lru_cache(maxsize=4)
def _template(name: str) -> Template:
    return Template((FOLDER / name).read_text("utf-8"))
