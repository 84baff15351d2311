"""From the headings of a file to targets: by path, by name, by label in every language, by words people use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from flask import current_app
from flask_babel import force_locale

from app.screens.reading import Surface
from app.search.folding import fold
from app.transfer.targets import Target, target_at, writable

_SYNONYMS: Mapping[str, str] = {
    "email": (
        "email, e-mail, e-mail address, mail, البريد, البريد الإلكتروني, ايميل, إيميل, "
        "e-posta, eposta, correo, correo electrónico, courriel, adresse e-mail, mél"
    ),
    "phone": (
        "phone, phone number, telephone, tel, mobile, mobile phone, cell, هاتف, الهاتف, رقم الهاتف, جوال, الجوال, "
        "telefon, telefon numarası, cep, cep telefonu, gsm, teléfono, móvil, celular, téléphone, portable"
    ),
    "whatsapp": "whatsapp, واتساب",
    "website": (
        "website, web page, url, homepage, الموقع, "
        "web sitesi, internet sitesi, sitio web, página web, site web, site internet"
    ),
    "first_name": "first name, given name, forename, الاسم الأول, الاسم الاول, ad, adı, isim, nombre, prénom",
    "last_name": (
        "last name, family name, surname, اسم العائلة, العائلة, soyad, soyadı, apellido, apellidos, nom de famille, nom"
    ),
    "full_name": (
        "full name, whole name, display name, contact name, customer name, الاسم الكامل, اسم العميل, "
        "tam ad, ad soyad, adı soyadı, nombre completo, nombre y apellidos, nom complet, nom et prénom"
    ),
    "company": (
        "company, organisation, organization, employer, account, الشركة, المؤسسة, "
        "şirket, firma, kurum, empresa, compañía, entreprise, société"
    ),
    "position": "position, job title, المسمى الوظيفي, الوظيفة, görev, unvan, pozisyon, cargo, puesto, poste, fonction",
    "tags": "tags, labels, categories, الوسوم, etiketler, etiquetas, étiquettes",
    "birthday": (
        "birthday, date of birth, dob, تاريخ الميلاد, "
        "doğum tarihi, doğum günü, fecha de nacimiento, cumpleaños, date de naissance, anniversaire"
    ),
    "country": "country, country code, الدولة, البلد, ülke, país, pays",
    "city": "city, town, المدينة, şehir, il, ciudad, ville",
    "name": "name, title, الاسم, ad, isim, nombre, nom",
    "price": "price, amount, السعر, المبلغ, fiyat, tutar, precio, importe, prix, montant",
    "owner": "owner, المالك, sahibi, sorumlu, propietario, responsable, propriétaire",
    "phone_number": "phone, mobile, الهاتف, telefon, teléfono, téléphone",
}


def guess(surface: Surface, headings: Sequence[str]) -> dict[str, str]:
    """The target's path by heading, each target once; what is not recognised is absent."""
    known = _names(surface)
    found: dict[str, str] = {}
    for heading in headings:
        path = _by_path(surface, heading) or known.get(_folded(heading))
        if path and path not in found.values():
            found[heading] = path
    return found | _other_half(surface, found)


def _other_half(surface: Surface, found: Mapping[str, str]) -> dict[str, str]:
    """“Nombre” is a whole name alone, a first name beside “Apellidos”; “Nom” a last name beside “Prénom”."""
    whole = next((heading for heading, path in found.items() if path == "full_name"), "")
    for half, other in (("first_name", "last_name"), ("last_name", "first_name")):
        words = map(_folded, _SYNONYMS[half].split(","))
        if whole and other in found.values() and half not in found.values() and _folded(whole) in words:
            return {whole: half} if half in writable(surface) else {}
    return {}


def _by_path(surface: Surface, heading: str) -> str | None:
    if not re.fullmatch(r"[a-z0-9_.]{1,120}", heading):
        return None
    target = target_at(surface, heading)
    return target.path if target is not None else None


def _names(surface: Surface) -> dict[str, str]:
    """Folded names of every target, in the languages of the application; the first that claims a name has it."""
    found: dict[str, str] = {}
    for code in ("", *current_app.config["LANGUAGES"]):
        if code:
            with force_locale(code):
                targets = writable(surface)
                named = [(_folded(name), target.path) for target in targets.values() for name in _labels(target)]
        else:
            named = [(_folded(name), one.path) for one in writable(surface).values() for name in _labels(one)]
        for name, path in named:
            found.setdefault(name, path)
    for target in writable(surface).values():
        for word in _SYNONYMS.get(_concept(target), "").split(","):
            found.setdefault(_folded(word), target.path)
    found.pop("", None)
    return found


def _labels(target: Target) -> Iterator[str]:
    yield target.label
    if not target.collection:
        yield target.field.name.removeprefix("custom.") + (" id" if target.is_id and target.path != "id" else "")


def _concept(target: Target) -> str:
    """What a target is about: the choice of an inline row, else its field."""
    if target.collection:
        return target.preset[1] if target.preset and target.group.endswith("1") else ""
    return "" if target.is_id else target.field.name


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", "", fold(text))
