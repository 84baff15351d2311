"""What a tenant has said of its brand, and the drawings of its logos."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import Index, Integer, LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Record, TenantTable, choice, long_text
from app.data import text as text_field


class TenantBrand(Record):
    """The brand of a tenant: one row, made when it is first asked for."""

    __config__ = True
    __label__ = "display_name"
    __table_args__ = (Index("uq_tenant_brand_tenant", "tenant_id", unique=True),)

    display_name: Mapped[str | None] = text_field(
        max_length=80, label=_l("Name"), help=_l("As customers know it. Empty: the name of the organisation.")
    )
    accent: Mapped[str | None] = text_field(
        max_length=7, label=_l("Colour"),
        help=_l("Of buttons and links, such as #2f51c9. White letters must be readable on it."),
    )  # fmt: skip
    accent_dark: Mapped[str | None] = text_field(
        max_length=7, label=_l("Colour in dark mode"),
        help=_l("Empty: a lighter shade of the colour. It must be readable on nearly black."),
    )  # fmt: skip
    mail_footer: Mapped[str | None] = long_text(
        max_length=1_000, label=_l("Under e-mails"), help=_l("Such as the address, and what the law asks for.")
    )
    paper_header: Mapped[str | None] = long_text(
        max_length=300, label=_l("Top of printed pages"), help=_l("Up to three lines, beside the logo.")
    )
    paper_footer: Mapped[str | None] = text_field(max_length=200, label=_l("Bottom of printed pages"))
    paper_size: Mapped[str] = choice(("a4", "A4"), ("letter", _l("US Letter")), default="a4", label=_l("Paper size"))
    logo: Mapped[str | None] = text_field(max_length=64, label=_l("Logo"), readonly=True)
    """The digest of the logo in force."""


class BrandLogo(TenantTable):
    """The bytes of a logo by their digest, so that an address always shows the same. Earlier ones stay: mails that were
    sent show them."""

    __table_args__ = (PrimaryKeyConstraint("tenant_id", "digest", name="pk_brand_logo"),)

    digest: Mapped[str] = mapped_column(String(64))
    mime: Mapped[str] = mapped_column(String(20))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes] = mapped_column(LargeBinary)
