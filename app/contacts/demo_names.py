"""Names, places and words the demo people and companies are made of: Arabic with the Latin spelling in e-mails."""

from typing import NamedTuple


class Name(NamedTuple):
    """A name in Arabic letters and as its bearer writes it in Latin ones."""

    arabic: str
    latin: str


class Place(NamedTuple):
    """A city of a country, with districts or streets that are really there."""

    arabic: str
    latin: str
    streets: tuple[Name, ...]


def _names(text: str) -> tuple[Name, ...]:
    pairs = (pair.strip().partition(" = ") for pair in text.strip().splitlines())
    return tuple(Name(arabic.strip(), latin.strip()) for arabic, _equals, latin in pairs)


def _list(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.replace("\n", ",").split(",") if item.strip())


def _places(text: str) -> tuple[Place, ...]:
    """One city a line: name = Latin name | street = Latin street | ..."""
    places = []
    for line in text.strip().splitlines():
        city, *streets = _names("\n".join(line.split("|")))
        places.append(Place(city.arabic, city.latin, tuple(streets)))
    return tuple(places)


ARABIC_MEN = _names("""
محمد = Mohammed
أحمد = Ahmed
عبدالله = Abdullah
خالد = Khalid
فهد = Fahad
سلطان = Sultan
عبدالرحمن = Abdulrahman
عبد العزيز = Abdulaziz
فيصل = Faisal
ناصر = Nasser
سعود = Saud
تركي = Turki
ماجد = Majid
بندر = Bandar
راشد = Rashid
حمدان = Hamdan
سيف = Saif
عمر = Omar
علي = Ali
حسن = Hassan
حسين = Hussein
يوسف = Youssef
إبراهيم = Ibrahim
مصطفى = Mostafa
محمود = Mahmoud
كريم = Karim
طارق = Tarek
وائل = Wael
هاني = Hany
شريف = Sherif
عمرو = Amr
زياد = Ziad
رامي = Rami
باسم = Basem
سامر = Samer
نبيل = Nabil
فراس = Firas
أيمن = Ayman
أنس = Anas
ياسين = Yassine
رشيد = Rachid
المهدي = El Mehdi
هشام = Hicham
عثمان = Othmane
إلياس = Ilyas
سفيان = Soufiane
""")

ARABIC_WOMEN = _names("""
نورة = Noura
سارة = Sara
ريم = Reem
هند = Hind
منيرة = Munira
لطيفة = Latifa
موضي = Moudi
العنود = Alanoud
شيخة = Sheikha
مريم = Maryam
عائشة = Aisha
فاطمة = Fatima
خديجة = Khadija
أسماء = Asma
آمنة = Amna
هدى = Huda
منى = Mona
نجلاء = Naglaa
ياسمين = Yasmin
دينا = Dina
رانيا = Rania
نهى = Noha
شيماء = Shaimaa
إيمان = Iman
لينا = Lina
ديما = Dima
رنا = Rana
هالة = Hala
لبنى = Lubna
سلمى = Salma
غادة = Ghada
جمانة = Jumana
ليلى = Layla
رؤى = Ruaa
سناء = Sanaa
نادية = Nadia
حنان = Hanane
سميرة = Samira
زينب = Zineb
أميرة = Amira
""")

FAMILIES = {
    "SA": _names("""
القحطاني = Al-Qahtani
الغامدي = Al-Ghamdi
الحربي = Al-Harbi
العتيبي = Al-Otaibi
الشهري = Al-Shehri
الدوسري = Al-Dosari
الزهراني = Al-Zahrani
المطيري = Al-Mutairi
العنزي = Al-Anazi
الشمري = Al-Shammari
السبيعي = Al-Subaie
الراشد = Al-Rashid
العمري = Al-Amri
المالكي = Al-Malki
باوزير = Bawazir
"""),
    "AE": _names("""
المنصوري = Al Mansoori
الشامسي = Al Shamsi
النعيمي = Al Nuaimi
المزروعي = Al Mazrouei
الكعبي = Al Kaabi
الظاهري = Al Dhaheri
المهيري = Al Muhairi
السويدي = Al Suwaidi
الحمادي = Al Hammadi
البلوشي = Al Balushi
الكتبي = Al Ketbi
الفلاسي = Al Falasi
"""),
    "EG": _names("""
عبد الفتاح = Abdel Fattah
المصري = El Masry
السيد = El Sayed
حسنين = Hassanein
عبد الحميد = Abdel Hamid
الشناوي = El Shenawy
منصور = Mansour
سليمان = Soliman
البدري = El Badry
جاد = Gad
فوزي = Fawzy
رمضان = Ramadan
شاهين = Shaheen
النجار = El Naggar
"""),
    "JO": _names("""
الحداد = Haddad
الخطيب = Khatib
العبادي = Abbadi
المجالي = Majali
النمري = Nimri
عبيدات = Obeidat
الزعبي = Zoubi
خوري = Khoury
قعوار = Kawar
حمدان = Hamdan
درويش = Darwish
الطراونة = Tarawneh
الشوابكة = Shawabkeh
"""),
    "MA": _names("""
بنعلي = Benali
العلوي = Alaoui
بناني = Bennani
التازي = Tazi
الفاسي = El Fassi
برادة = Berrada
الإدريسي = Idrissi
بنجلون = Benjelloun
الشرقاوي = Cherkaoui
أمزيان = Amziane
الوزاني = Ouazzani
حجي = Hajji
"""),
}

ENGLISH_MEN = _list("""
James, Oliver, Harry, George, Jack, William, Thomas, Daniel, Matthew, Samuel, Joseph, Edward, Henry, Benjamin,
Michael, David, Christopher, Andrew, Robert, Patrick, Sean, Liam, Ethan, Noah, Lucas, Nathan, Ryan, Kevin, Brian,
Carlos, Diego, Arjun, Ravi, Wei, Kenji, Marcus, Tyrone, Stuart, Callum, Rhys
""")
ENGLISH_WOMEN = _list("""
Olivia, Emily, Sophie, Charlotte, Amelia, Grace, Hannah, Lucy, Emma, Chloe, Jessica, Laura, Rachel, Rebecca, Sarah,
Megan, Alice, Eleanor, Victoria, Katherine, Elizabeth, Julia, Natalie, Ava, Isabella, Mia, Madison, Abigail, Sofia,
Camila, Priya, Ananya, Mei, Yuki, Imani, Zoë, Siân, Niamh, Fiona, Heather
""")
ENGLISH_FAMILIES = _list("""
Smith, Jones, Taylor, Brown, Williams, Wilson, Johnson, Davies, Robinson, Wright, Thompson, Evans, Walker, White,
Roberts, Green, Hall, Wood, Clarke, Patel, Hughes, Edwards, Turner, Harris, Lewis, Martin, Cooper, Ward, Morris, Moore,
Clark, Baker, Morgan, Bennett, Campbell, Murphy, O'Brien, O'Connor, MacDonald, Stewart, Garcia, Martinez, Rodriguez,
Nguyen, Kim, Chen, Singh, Khan, Rossi, Fernández, Müller, Anderson, Miller, Parker, Sullivan, Foster, Reed, Brooks,
Hayes, Coleman, Fletcher-Hill, Ashworth, Whitfield, Pemberton
""")

PLACES = {
    "SA": _places("""
الرياض = Riyadh | شارع العليا = Olaya Street | طريق الملك فهد = King Fahd Road | شارع التحلية = Tahlia Street
جدة = Jeddah | شارع فلسطين = Palestine Street | طريق المدينة = Madinah Road
الدمام = Dammam | شارع الملك سعود = King Saud Street | طريق الخليج = Gulf Road
الخبر = Al Khobar | شارع الأمير تركي = Prince Turki Street
المدينة المنورة = Madinah | شارع قباء = Quba Street
أبها = Abha | طريق الملك عبدالعزيز = King Abdulaziz Road
"""),
    "AE": _places("""
دبي = Dubai | شارع الشيخ زايد = Sheikh Zayed Road | شارع المرقبات = Al Muraqqabat Street
أبوظبي = Abu Dhabi | شارع الكورنيش = Corniche Street | شارع حمدان = Hamdan Street
الشارقة = Sharjah | شارع الوحدة = Al Wahda Street
العين = Al Ain | شارع خليفة = Khalifa Street
"""),
    "EG": _places("""
القاهرة = Cairo | شارع طلعت حرب = Talaat Harb Street | شارع عباس العقاد = Abbas El Akkad Street
الجيزة = Giza | شارع الهرم = Haram Street | شارع جامعة الدول العربية = Gameat El Dowal Street
الإسكندرية = Alexandria | شارع فؤاد = Fouad Street | طريق الحرية = El Horreya Road
المنصورة = Mansoura | شارع الجمهورية = El Gomhoreya Street
"""),
    "JO": _places("""
عمّان = Amman | شارع الجامعة = University Street | شارع مكة = Mecca Street | شارع الرينبو = Rainbow Street
إربد = Irbid | شارع الهاشمي = Al Hashimi Street
العقبة = Aqaba | شارع الملك حسين = King Hussein Street
"""),
    "MA": _places("""
الدار البيضاء = Casablanca | شارع محمد الخامس = Boulevard Mohammed V | شارع أنفا = Boulevard d'Anfa
الرباط = Rabat | شارع فال ولد عمير = Avenue Fal Ould Oumeir
مراكش = Marrakech | شارع الحسن الثاني = Avenue Hassan II
طنجة = Tangier | شارع باستور = Boulevard Pasteur
"""),
    "GB": _places("""
لندن = London | ستراند = Strand | تشرش = Church Street | بيكر = Baker Street
مانشستر = Manchester | دينزغيت = Deansgate
برمنغهام = Birmingham | نيو ستريت = New Street
إدنبرة = Edinburgh | برينسس = Princes Street
ليدز = Leeds | بريغيت = Briggate
"""),
    "US": _places("""
نيويورك = New York | برودواي = Broadway | ماديسون = Madison Avenue
شيكاغو = Chicago | ميشيغان = Michigan Avenue
هيوستن = Houston | مين = Main Street
ديربورن = Dearborn | ميشيغان = Michigan Avenue
سان فرانسيسكو = San Francisco | ماركت = Market Street
"""),
}
