"""Seeded generator of broken strings: mojibake of every kind, entities, odd widths, escapes, surrogates, mixtures."""

import html
import random

import ftfy  # registers the sloppy codecs
from ftfy import chardata

SENTENCES = [
    "A red fox runs across the snow and stops to look back.",
    "l’éléphant d’été à Noël — «où es-tu ?» à la mode, voilà",
    "Größe, Straße, Übermut, „schön“, süß & niño señor façade naïve œuvre Œdipe",
    "às vezes àquele lugar à noite, São João não está lá…",
    "Zażółć gęślą jaźń; příliš žluťoučký kůň; Háček Őrült",
    "Привет, мир! Это тест — «кавычки» № 5. Ґедзь їжак Ђорђе",
    "Καλημέρα κόσμε, ΌΛΑ ΚΑΛΆ; Ξενοφών ΒΓΞΟ",
    "İstanbul’da ılık bir gün, ağaç ve çiçek; Ēriks Ķīna ščūpāks",
    "مرحبا بالعالم، ٤٢ طاولة", "שלום עולם", "नमस्ते दुनिया क़लम", "สวัสดีชาวโลก",
    "清晨的湖面上有一层薄雾，一只白鹭缓缓飞过。", "こんにちは、カメラが動く。ﾊﾝｶｸ ｶﾞｷﾞｸﾞ ﾊﾟ", "안녕하세요 카메라",
    "emoji 😀👍🏽 👨‍👩‍👧‍👦 🇨🇳 💩", "½ cup, x² + y³, №5 ™ ℃ Ⅳ ① €30 £20 ¥10 ±3° × 4²",
    "│┌┐└ ▀▄█ box (╯°□°)╯︵ ┻━┻ ¯\\_(ツ)_/¯ ʕ•ᴥ•ʔ ò_ó ÙwÚ",
    "ﬁne ﬂuﬀy oﬃce ĳ ŉ ǆ ſt ﬆ", "ＦＵＬＬ　ＷＩＤＴＨ　１２３！？￥￦", "‘single’ “double” ‚low‛ „x‟ ʼn",
    "e\u0301 a\u0323\u0307 \u1100\u1161\u11a8 o\u0338 \u0344 \u212b \u2126 \ufb4f",
]
SLOPPY = [f"sloppy-windows-{page}" for page in range(1250, 1259)] + [
    "sloppy-iso-8859-7", "sloppy-iso-8859-8", "sloppy-cp874"]
SINGLE_BYTE = SLOPPY + ["latin-1", "iso-8859-2", "macroman", "cp437", "cp850", "cp1252", "cp1251", "cp1253", "koi8-r"]
CONFUSABLE = sorted({bytes([byte]).decode(name) for name in chardata.CHARMAP_ENCODINGS for byte in range(0x80, 0x100)}
                    | {"\ufffd", " ", "\xa0", "\x1a", "?", "a", "Z", "\n", "."})
NAMES = sorted(set(html.entities.html5) | {name[1:] for name in chardata.HTML_ENTITIES})
SCRIPTS = [(0x00, 0x7F), (0x80, 0xFF), (0x100, 0x24F), (0x2B0, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF),
           (0xE00, 0x10FF), (0x1100, 0x11FF), (0x1E00, 0x23FF), (0x2500, 0x27BF), (0x3000, 0x30FF), (0x4E00, 0x4FFF),
           (0xAC00, 0xAFFF), (0xF900, 0xFAFF), (0xFB00, 0xFFFF), (0x1D100, 0x1D1FF), (0x1F300, 0x1FAFF),
           (0x2F800, 0x2FA1F), (0xE0000, 0xE007F), (0x0, 0x10FFFF)]


class BrokenText:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, options):
        return options[self.random.randrange(len(options))]

    def script(self):
        first, last = self.pick(SCRIPTS)
        return "".join(chr(self.random.randint(first, last)) for _ in range(self.random.randint(1, 12)))

    def confusable(self):
        return "".join(self.pick(CONFUSABLE) for _ in range(self.random.randint(1, 9)))

    def words(self):
        sentence = self.pick(SENTENCES)
        start = self.random.randrange(len(sentence))
        return sentence[start:start + self.random.randint(1, 40)]

    def number(self):
        value = self.pick([self.random.randrange(0x100), self.random.randrange(0x3000), self.random.randrange(0x120000),
                           self.random.randrange(10**12), 0xD800 + self.random.randrange(0x800)])
        text = self.pick([f"#{value}", f"#x{value:x}", f"#X{value:X}", f"#0{value}", f"#x{value:x}g", "#", "#x"])
        return "&" + text + self.pick([";", ";", ""])

    def entity(self):
        name = self.pick(NAMES)
        name = self.pick([name, name, name.upper(), name.lower(), name.rstrip(";"), name + self.pick("aZ1;é=")])
        return self.pick(["&", "&", "&amp;", "&AMP;", "&amp;amp;"]) + name

    def escape(self):
        return "\033" + self.pick(["[", "[", "", "[["]) + self.pick(["", "31", "1;32", "٣١", ";;", "0"]) + self.pick("mKJ1é")

    def surrogates(self):
        pair = self.pick("😀💩𠮷𝒥").encode("utf-16-be")
        units = [chr(int.from_bytes(pair[at:at + 2], "big")) for at in (0, 2)]
        return "".join(self.pick([units, units[::-1], units[:1], units[1:], units * 2]))

    def line_break(self):
        return self.pick(["\r\n", "\r", "\n", "\u2028", "\u2029", "\x85", "\r\r\n", "\x0b", "\x0c", "\u3000", " \xa0 "])

    def control(self):
        return self.pick([chr(self.random.randrange(0x20)), chr(self.random.randrange(0x7F, 0xA0)), "\ufeff", "\u206b",
                          "\ufffa", "\u200d", "\u200b", "\ufffd", "\x1a", "<", "<b>"])

    def piece(self):
        makers = [self.words] * 6 + [self.script, self.script, self.confusable, self.entity, self.number, self.escape,
                                     self.surrogates, self.line_break, self.control]
        return self.pick(makers)()

    def misread(self, text):
        """`text` in UTF-8 or a variant of it, read in a single-byte encoding."""
        encoded = text.encode("utf-8", "surrogatepass")
        kind = self.random.randrange(8)
        if kind == 0:
            units = text.encode("utf-16-be", "surrogatepass")
            encoded = b"".join(chr(int.from_bytes(units[at:at + 2], "big")).encode("utf-8", "surrogatepass")
                               for at in range(0, len(units), 2))
        elif kind == 1:
            encoded = encoded.replace(b"\0", b"\xc0\x80") + self.pick([b"", b"\xc0\x80", b"\xc0\n", b"\xed\xa0\xbd\xed\xb2\n"])
        elif kind == 2:
            encoded = encoded.replace(b"\xa0", b" ")
        return encoded.decode(self.pick(SINGLE_BYTE), self.pick(["replace", "replace", "ignore"]))

    def damage(self, text):
        if not text:
            return text
        at = self.random.randrange(len(text))
        return self.pick([text[:at], text[at:], text[:at] + text[at + 1:], text[:at] + "\ufffd" + text[at + 1:],
                          text[:at] + "?" + text[at + 1:], text.upper(), text.replace("\xa0", " "),
                          text[:at] + self.piece() + text[at:], html.escape(text)])

    def text(self):
        parts = []
        for _ in range(self.pick([1, 1, 1, 2, 3, 5])):
            part = self.piece()
            for _ in range(self.pick([0, 0, 1, 1, 1, 2])):
                part = self.misread(part)
            parts.append(part)
        text = self.pick(["", "", " "]).join(parts)
        for _ in range(self.pick([0, 0, 0, 1, 2])):
            text = self.misread(text)
        for _ in range(self.pick([0, 0, 1, 2])):
            text = self.damage(text)
        return text

    def fixed_cases(self):
        """Every single character, every entity name, and lines beyond ftfy's longest segment."""
        yield ""
        yield from (chr(code) for code in range(0x110000) if code < 0x3400 or 0xD700 <= code < 0x10200 or code % 37 == 0)
        yield from ("&" + name for name in NAMES)
        yield from ("x&" + name.rstrip(";") + "y" for name in NAMES)
        yield "a" * 1_000_001 + "Ã©"
        yield "Ã©" * 500_000 + "é\n<x>&amp;\n&eacute;"
