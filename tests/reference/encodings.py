"""Writes tests/fixtures/encodings: a table of opinions in the encodings that tables had before Unicode, and in Unicode's own,
with Python's codecs; and what stands in them, encodings.json, with the name that the Encoding Standard has for each.

    python tests/reference/encodings.py
"""

import json
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "fixtures" / "encodings"

#: Six opinions of a parcel service, three good and three bad, in some of the languages that each encoding is for.
TEXTS = {
    "western": [
        "Das Päckchen kam pünktlich und größer als erwartet",
        "Très bon service, la livraison est arrivée dès le lendemain",
        "El envío llegó rápido y el señor fue muy amable",
        "Die Lieferung war beschädigt und niemand hörte zu",
        "Le colis a été déposé chez un voisin sans me prévenir",
        "Paketet kom för sent och lådan var trasig på två ställen",
    ],
    "central": [
        "Paczka dotarła szybko, jestem bardzo zadowolona",
        "Zásilka přišla včas a byla pečlivě zabalená",
        "A csomag időben megérkezett, köszönöm a gyors munkát",
        "Przesyłka była uszkodzona, a nikt nie chciał pomóc",
        "Balík se ztratil a na mé zprávy nikdo neodpověděl",
        "Két hétig vártam, és végül rossz terméket küldtek",
    ],
    "cyrillic": [
        "Посылка пришла быстро, всё упаковано аккуратно",
        "Очень доволен, курьер был вежливый и точный",
        "Замечательная служба, закажу ещё раз",
        "Коробка пришла разбитая, деньги не вернули",
        "Ждал две недели, а привезли не тот товар",
        "Никто не отвечает на звонки, ужасное обслуживание",
    ],
    "greek": [
        "Το δέμα έφτασε γρήγορα και ήταν καλά συσκευασμένο",
        "Πολύ καλή εξυπηρέτηση, θα παραγγείλω ξανά",
        "Ο διανομέας ήταν ευγενικός και ήρθε στην ώρα του",
        "Το κουτί ήταν σπασμένο και κανείς δεν απάντησε",
        "Περίμενα δύο εβδομάδες και έστειλαν λάθος προϊόν",
        "Δεν μου επέστρεψαν ποτέ τα χρήματά μου",
    ],
    "turkish": [
        "Kargo çok hızlı geldi, paketleme özenliydi",
        "Kurye nazikti, ürünü kapıya kadar getirdi",
        "Çok memnun kaldım, yine sipariş vereceğim",
        "Kutu kırık geldi ve kimse yardımcı olmadı",
        "İki hafta bekledim, yanlış ürün gönderdiler",
        "Paramı geri alamadım, müşteri hizmetleri cevap vermiyor",
    ],
    "hebrew": [
        "החבילה הגיעה מהר מאוד והייתה ארוזה היטב",
        "השליח היה אדיב והגיע בדיוק בזמן",
        "שירות מצוין, אזמין שוב בשמחה",
        "הקופסה הגיעה שבורה ואף אחד לא ענה לי",
        "חיכיתי שבועיים ושלחו לי מוצר לא נכון",
        "לא קיבלתי את הכסף שלי בחזרה",
    ],
    "arabic": [
        "وصل الطرد بسرعة وكان مغلفا بشكل جيد",
        "كان المندوب لطيفا ووصل في الموعد تماما",
        "خدمة ممتازة وسوف أطلب مرة أخرى",
        "وصل الصندوق مكسورا ولم يرد علي أحد",
        "انتظرت أسبوعين ثم أرسلوا المنتج الخطأ",
        "لم أسترجع أموالي حتى الآن",
    ],
    "thai": [
        "พัสดุมาถึงเร็วมากและห่อมาอย่างดี",
        "คนส่งของสุภาพและมาตรงเวลา",
        "บริการดีมาก จะสั่งอีกแน่นอน",
        "กล่องแตกและไม่มีใครตอบกลับ",
        "รอสองสัปดาห์แต่ส่งของผิดมา",
        "ยังไม่ได้เงินคืนเลย",
    ],
    "japanese": [
        "荷物がとても早く届き、梱包も丁寧でした",
        "配達の方が親切で、時間どおりに来てくれました",
        "素晴らしいサービスなので、また注文します",
        "箱が壊れていて、誰も返事をくれませんでした",
        "二週間待ったのに、違う商品が届きました",
        "まだ返金されていません",
    ],
    "simplified": [
        "包裹到得很快，包装也很仔细",
        "快递员很有礼貌，准时送到门口",
        "服务非常好，下次还会再来",
        "箱子是坏的，打电话也没有人接",
        "等了两个星期，结果寄错了东西",
        "到现在还没有把钱退给我",
    ],
    "traditional": [
        "包裹到得很快，包裝也很仔細",
        "送貨員很有禮貌，準時送到門口",
        "服務非常好，下次還會再來",
        "箱子是壞的，打電話也沒有人接",
        "等了兩個星期，結果寄錯了東西",
        "到現在還沒有把錢退給我",
    ],
    "korean": [
        "택배가 아주 빨리 도착했고 포장도 꼼꼼했어요",
        "기사님이 친절하시고 시간에 맞춰 오셨습니다",
        "서비스가 정말 좋아서 다시 주문할게요",
        "상자가 부서져 있었는데 아무도 답이 없네요",
        "두 주를 기다렸는데 다른 물건이 왔어요",
        "아직도 돈을 돌려받지 못했습니다",
    ],
}

#: Name of the file, whose texts, Python's codec, and the name in the Encoding Standard.
FILES = [
    ("utf-8", "western", "utf-8", "UTF-8"),
    ("utf-16-with-mark", "cyrillic", "utf-16", "UTF-16LE"),
    ("utf-16-big", "western", "utf-16-be", "UTF-16BE"),
    ("western", "western", "cp1252", "windows-1252"),
    ("central", "central", "cp1250", "windows-1250"),
    ("cyrillic", "cyrillic", "cp1251", "windows-1251"),
    ("cyrillic-dos", "cyrillic", "cp866", "IBM866"),
    ("cyrillic-koi8", "cyrillic", "koi8-r", "KOI8-U"),
    ("greek", "greek", "cp1253", "windows-1253"),
    ("turkish", "turkish", "cp1254", "windows-1254"),
    ("hebrew", "hebrew", "cp1255", "windows-1255"),
    ("arabic", "arabic", "cp1256", "windows-1256"),
    ("thai", "thai", "cp874", "windows-874"),
    ("japanese", "japanese", "cp932", "Shift_JIS"),
    ("japanese-euc", "japanese", "euc_jp", "EUC-JP"),
    ("simplified", "simplified", "gb18030", "GBK"),
    ("traditional", "traditional", "big5", "Big5"),
    ("korean", "korean", "cp949", "EUC-KR"),
]


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    expected = {}
    for name, texts, codec, standard in FILES:
        rows = [[text, "good" if place < 3 else "bad"] for place, text in enumerate(TEXTS[texts])]
        lines = ["text;label", *(";".join(row) for row in rows)]
        (FOLDER / f"{name}.csv").write_bytes("".join(f"{line}\r\n" for line in lines).encode(codec))
        expected[name] = {"encoding": standard, "rows": rows}
    text = json.dumps(expected, ensure_ascii=False, indent=1)
    (FOLDER / "encodings.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
