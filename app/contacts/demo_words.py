"""Occupations, industries, tags and notes of the demo people and companies."""

from typing import NamedTuple

from app.contacts.demo_names import Name


class Job(NamedTuple):
    """A job title in English and in the two Arabic forms."""

    english: str
    for_him: str
    for_her: str


class Industry(NamedTuple):
    """An industry and what companies in it put behind their name."""

    name: str
    english: tuple[str, ...]
    arabic: tuple[Name, ...]


JOBS = (
    Job("Sales Manager", "مدير المبيعات", "مديرة المبيعات"),
    Job("Purchasing Manager", "مدير المشتريات", "مديرة المشتريات"),
    Job("Chief Executive", "الرئيس التنفيذي", "الرئيسة التنفيذية"),
    Job("General Manager", "المدير العام", "المديرة العامة"),
    Job("Accountant", "محاسب", "محاسبة"),
    Job("Finance Director", "المدير المالي", "المديرة المالية"),
    Job("Marketing Specialist", "أخصائي تسويق", "أخصائية تسويق"),
    Job("Project Engineer", "مهندس مشاريع", "مهندسة مشاريع"),
    Job("Software Engineer", "مهندس برمجيات", "مهندسة برمجيات"),
    Job("Operations Supervisor", "مشرف العمليات", "مشرفة العمليات"),
    Job("HR Business Partner", "شريك الموارد البشرية", "شريكة الموارد البشرية"),
    Job("Customer Service Agent", "موظف خدمة العملاء", "موظفة خدمة العملاء"),
    Job("Legal Adviser", "مستشار قانوني", "مستشارة قانونية"),
    Job("Office Manager", "مدير المكتب", "مديرة المكتب"),
    Job("Warehouse Supervisor", "مشرف المستودع", "مشرفة المستودع"),
    Job("Data Analyst", "محلل بيانات", "محللة بيانات"),
    Job("Executive Assistant", "مساعد تنفيذي", "مساعدة تنفيذية"),
    Job("Branch Manager", "مدير الفرع", "مديرة الفرع"),
)

INDUSTRIES = (
    Industry("Construction", ("Construction", "Contracting", "Builders"), (Name("للمقاولات", "Contracting"),)),
    Industry(
        "Food and beverage", ("Foods", "Catering", "Bakeries"), (Name("للأغذية", "Foods"), Name("للتموين", "Catering"))
    ),
    Industry(
        "Logistics",
        ("Logistics", "Freight", "Shipping"),
        (Name("للخدمات اللوجستية", "Logistics"), Name("للشحن", "Shipping")),
    ),
    Industry("Information technology", ("Technologies", "Software", "Systems"), (Name("للتقنية", "Technologies"),)),
    Industry(
        "Healthcare", ("Medical", "Pharmacies", "Clinics"), (Name("الطبية", "Medical"), Name("للأدوية", "Pharma"))
    ),
    Industry("Real estate", ("Properties", "Real Estate"), (Name("العقارية", "Real Estate"),)),
    Industry("Retail", ("Stores", "Trading", "Supplies"), (Name("للتجارة", "Trading"), Name("للتوريدات", "Supplies"))),
    Industry(
        "Education", ("Academy", "Training", "Schools"), (Name("للتدريب", "Training"), Name("التعليمية", "Education"))
    ),
    Industry("Hospitality", ("Hotels", "Travel", "Resorts"), (Name("للسياحة", "Travel"), Name("للفنادق", "Hotels"))),
    Industry("Energy", ("Energy", "Solar", "Power"), (Name("للطاقة", "Energy"),)),
    Industry("Textiles", ("Textiles", "Fashion"), (Name("للمنسوجات", "Textiles"),)),
    Industry("Consulting", ("Consulting", "Advisory", "Partners"), (Name("للاستشارات", "Consulting"),)),
    Industry("Automotive", ("Motors", "Auto Parts"), (Name("للسيارات", "Motors"), Name("لقطع الغيار", "Auto Parts"))),
    Industry("Printing and media", ("Media", "Print", "Studios"), (Name("للإعلام", "Media"), Name("للطباعة", "Print"))),
)

ARABIC_ROOTS = (
    Name("النخيل", "Nakheel"), Name("الأفق", "Ufuq"), Name("الواحة", "Waha"), Name("الصفوة", "Safwa"),
    Name("المنار", "Manar"), Name("الريادة", "Riyada"), Name("النور", "Noor"), Name("الفيصلية", "Faisaliah"),
    Name("الخليج", "Khaleej"), Name("البركة", "Baraka"), Name("الهلال", "Hilal"), Name("الشرق", "Sharq"),
    Name("المتحدة", "Muttahida"), Name("اليمامة", "Yamama"), Name("دار السلام", "Dar Al Salam"), Name("الندى", "Nada"),
    Name("سما", "Sama"), Name("الأصالة", "Asala"), Name("زمزم", "Zamzam"), Name("القمة", "Qimma"),
    Name("الياسمين", "Yasmin"), Name("بيت الخبرة", "Bayt Al Khibra"), Name("الأطلس", "Atlas"), Name("النيل", "Nile"),
    Name("الأهرام", "Ahram"), Name("البتراء", "Petra"), Name("المرجان", "Murjan"), Name("اللؤلؤة", "Luluah"),
    Name("الصقر", "Saqr"), Name("الدانة", "Dana"),
)  # fmt: skip

ENGLISH_ROOTS = tuple(
    "Horizon,Oakridge,Northgate,Bluewater,Silverline,Kingsway,Riverside,Summit,Harbour,Redwood,Westbrook,Crescent,"
    "Falcon,Meridian,Lighthouse,Evergreen,Granite,Cedar,Beacon,Compass,Ironbridge,Maple,Keystone,Anchor,Orchard,"
    "Sterling,Highland,Copperfield,Brightside,Greenfield,Parkway,Stonebridge,Lakeside,Foxglove,Thornbury,Willow".split(",")
)  # fmt: skip

TAGS = (
    "VIP",
    "Supplier",
    "Newsletter",
    "Lead",
    "Partner",
    "Wholesale",
    "Trade fair",
    "Late payer",
    "Press",
    "عملاء",
    "موردون",
)

ENGLISH_NOTES = (
    "Prefers WhatsApp to e-mail.",
    "Asked for the new price list; call back next week.",
    "Met at the trade fair in Dubai.",
    "Speaks Arabic and English.",
    "Please invoice the head office, not the branch.",
    "Deliveries only before noon.",
    "Referred by an existing customer.",
    "Wants a quotation for 200 units.",
    "On leave in August.",
    "Decides together with the finance director.",
)
ARABIC_NOTES = (
    "يفضّل التواصل عبر واتساب.",
    "طلب عرض سعر لمئتي قطعة.",
    "التقينا في معرض الرياض.",
    "الاتصال بعد صلاة العصر.",
    "الفواتير ترسل إلى الإدارة العامة.",
    "عميل قديم ومهم.",
    "يرجى المتابعة بداية الشهر القادم.",
    "التسليم قبل الظهر فقط.",
)
