//! The values that may not leave: of every type, in English and Chinese text, in many spellings.
//!
//! All are invented or reserved for examples; credentials are put together here so that no scanner takes them for live.

use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// A planted value and the sentence it stands in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planted {
    /// Its entity type.
    pub(crate) entity: &'static str,
    /// The sentence, with `{}` where the value stands.
    sentence: &'static str,
    pub(crate) value: &'static str,
}

impl Planted {
    /// The sentence with the value in it.
    pub(crate) fn text(&self) -> String {
        self.sentence.replace("{}", self.value)
    }

    /// Whether an echo shows it again: card codes are removed for good, and in an address a surrogate stays.
    pub(crate) fn comes_back(&self) -> bool {
        self.entity != "CVV" && !self.sentence.contains("://")
    }

    /// Whether it is long enough that it can't stand somewhere by chance.
    pub(crate) fn is_telling(&self) -> bool {
        self.value.len() > 4
    }
}

const fn planted(entity: &'static str, sentence: &'static str, value: &'static str) -> Planted {
    Planted {
        entity,
        sentence,
        value,
    }
}

/// A private key, which the default policy keeps in the building.
pub(crate) const PRIVATE_KEY: &str = concat!(
    "-----BEGIN RSA ",
    "PRIVATE KEY-----\n",
    "MIIBOgIBAAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu\n",
    "KUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQJAIJLixBy2qpFoS4DSmoEm\n",
    "-----END RSA ",
    "PRIVATE KEY-----"
);

/// The line of it that a leak would show.
pub(crate) const PRIVATE_KEY_LINE: &str =
    "KUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQJAIJLixBy2qpFoS4DSmoEm";

/// Every planted value that may leave as a surrogate, or without itself.
pub(crate) const PLANTED: &[Planted] = &[
    planted(
        "EMAIL",
        "Answer {} about her parcel",
        "lena.fischer@example.org",
    ),
    planted("EMAIL", "请联系{}处理", "wang.xiaoming@example.com.cn"),
    planted(
        "EMAIL",
        "抄送{}即可",
        "ｈｅｌｅｎａ．ｂ＠ｅｘａｍｐｌｅ．ｏｒｇ",
    ),
    planted("CN_MOBILE", "我的手机号是{}，请回电", "13812345678"),
    planted("CN_MOBILE", "客户手机{}谢谢", "１３９１２３４５６７８"),
    planted("CN_MOBILE", "手机{}打不通", "137 1234 5678"),
    planted("CN_MOBILE", "手机{}打不通", "136-1234-5678"),
    planted("CN_MOBILE", "手机{}打不通", "+86 13512345678"),
    planted("CN_LANDLINE", "座机{}转分机", "010-62781234"),
    planted("CN_LANDLINE", "电话{}无人接听", "（0571）8765 4321"),
    planted("PHONE", "call me at {} tonight", "+1 415-555-2671"),
    planted("PHONE", "my phone number is {}", "(212) 555-0187"),
    planted("PHONE", "ring {} please", "+44 20 7946 0958"),
    planted("CN_RESIDENT_ID", "身份证{}核对", "11010519491231002X"),
    planted(
        "CN_RESIDENT_ID",
        "身份证{}核对",
        "４４０３０８１９９９０１０１００１６",
    ),
    planted("CN_RESIDENT_ID", "身份证号 {} 核对", "110105 19491231 002X"),
    planted("CN_USCC", "税号{}的公司", "91110108MA0XYTE19M"),
    planted("BANK_CARD", "卡号{}已冻结", "4111111111111111"),
    planted("BANK_CARD", "卡号{}已冻结", "6222 0000 0000 0000 007"),
    planted(
        "BANK_CARD",
        "The card {} was declined",
        "5500-0055-5555-5559",
    ),
    planted(
        "BANK_CARD",
        "卡号{}已冻结",
        "４０１２　８８８８　８８８８　１８８１",
    ),
    planted("CVV", "安全码CVV {}", "737"),
    planted("CVV", "the card's cvv is {}", "9041"),
    planted(
        "IBAN",
        "Pay to IBAN {} today",
        "GB82 WEST 1234 5698 7654 32",
    ),
    planted("IBAN", "付款至{}即可", "DE89370400440532013000"),
    planted("US_SSN", "her SSN is {}.", "536-90-4399"),
    planted("IP", "主机{}没有响应", "203.0.113.77"),
    planted("IP", "the host {} is down", "2001:db8:85a3::8a2e:370:7334"),
    planted("CN_PLATE", "车牌{}违停", "京A8K5D7"),
    planted("CN_PLATE", "车牌{}违停", "粤BD12345"),
    planted("PERSON", "客户{}先生来电", "张伟强"),
    planted("PERSON", "联系人：{}", "欧阳娜娜"),
    planted("PERSON", "Dear Mr. {}, welcome", "Jonathan Whitfield"),
    planted("PERSON", "Patient name: {}", "Margaret Ellison"),
    planted(
        "SECRET",
        "token {} used",
        concat!("gh", "p_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"),
    ),
    planted(
        "SECRET",
        "密钥{}已失效",
        concat!("AK", "IAQ3EGRTX7YWZB4VNK"),
    ),
    planted(
        "SECRET",
        "use {} for it",
        concat!("sk", "-9f86d081884c7d659a2feaa0c55ad015"),
    ),
    planted("PASSWORD", "密码：{}", "Tr0ub4dor&3x9"),
    planted(
        "PASSWORD",
        "password=\"{}\" was set",
        "correct-\\horse-9/battery",
    ),
    planted(
        "PASSWORD",
        "postgres://svc:{}@db.internal:5432/main",
        "S3cr3tPw9x",
    ),
];

/// The values that can't stand anywhere by chance.
pub(crate) fn telling() -> impl Iterator<Item = &'static str> {
    let telling = PLANTED.iter().filter(|planted| planted.is_telling());
    telling
        .map(|planted| planted.value)
        .chain([PRIVATE_KEY_LINE])
}

/// The planted value that these bytes hold in any spelling, if any.
pub(crate) fn planted_in(bytes: &[u8]) -> Option<String> {
    static SPELLINGS: LazyLock<AhoCorasick> =
        LazyLock::new(|| AhoCorasick::new(telling().flat_map(spellings)).unwrap());
    let found = SPELLINGS.find(bytes)?;
    Some(String::from_utf8_lossy(&bytes[found.range()]).into_owned())
}

/// Every spelling in which a value could stand in JSON or beside it.
pub(crate) fn spellings(value: &str) -> Vec<String> {
    let quoted = serde_json::Value::from(value).to_string();
    let escaped = quoted[1..quoted.len() - 1].to_owned();
    let twice = serde_json::Value::from(escaped.as_str()).to_string();
    let twice = twice[1..twice.len() - 1].to_owned();
    let units = |upper: bool, all: bool| -> String {
        let mut out = String::new();
        for character in value.chars() {
            if character.is_ascii() && !all {
                out.push(character);
                continue;
            }
            for unit in character.encode_utf16(&mut [0; 2]) {
                let code = if upper {
                    format!("\\u{unit:04X}")
                } else {
                    format!("\\u{unit:04x}")
                };
                out.push_str(&code);
            }
        }
        out
    };
    let bare: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut all = vec![
        value.to_owned(),
        escaped,
        twice,
        units(false, false),
        units(true, false),
        units(false, true),
        units(true, true),
    ];
    // A number without its spaces and dashes is still the number.
    if bare.len() > 8 {
        all.push(bare);
    }
    all.sort();
    all.dedup();
    all
}

/// The spelling of `value` that these bytes hold, if any.
pub(crate) fn found_in(bytes: &[u8], value: &str) -> Option<String> {
    let held = |spelling: &String| crate::client::holds(bytes, spelling.as_bytes());
    spellings(value).into_iter().find(held)
}
