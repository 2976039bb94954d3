//! Entity types: what a finding is of.
//!
//! The built-in types are one table, [`BUILT_IN`]; a policy may add its own names. A type is a pointer to its
//! interned name, so it is `Copy` and compares as text does.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

/// A language that staff read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    En,
    /// Chinese (simplified).
    Zh,
}

/// What a finding is of: `EMAIL`, `CN_RESIDENT_ID`, or a type that a policy defines.
///
/// ```
/// use vestibule::base::{EntityType, Language};
/// let id = EntityType::named("CN_RESIDENT_ID").unwrap();
/// assert_eq!((id.label(Language::Zh), id.default_level()), ("居民身份证号", 3));
/// assert!(EntityType::named("no-such type").is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityType(&'static str);

/// Name, English label, Chinese label, default level (1 public – 5 most sensitive).
type Row = (&'static str, &'static str, &'static str, u8);

const BUILT_IN: &[Row] = &[
    ("ADDRESS", "postal address", "地址", 3),
    ("AGE", "age", "年龄", 2),
    ("AMOUNT", "amount of money", "金额", 2),
    ("BANK_ACCOUNT", "bank account number", "银行账号", 4),
    ("BANK_CARD", "bank card number", "银行卡号", 4),
    ("CARD_EXPIRY", "card expiry date", "银行卡有效期", 4),
    ("CARD_TRACK", "card track data", "磁道数据", 5),
    (
        "CN_DRIVING_LICENCE",
        "Chinese driving licence number",
        "驾驶证号",
        3,
    ),
    ("CN_LANDLINE", "Chinese landline number", "固定电话", 2),
    ("CN_MILITARY_ID", "Chinese military ID", "军官证号", 4),
    ("CN_MOBILE", "Chinese mobile number", "手机号", 3),
    ("CN_PASSPORT", "Chinese passport number", "护照号", 3),
    ("CN_PLATE", "Chinese number plate", "车牌号", 3),
    ("CN_RESIDENT_ID", "Chinese resident ID", "居民身份证号", 3),
    (
        "CN_USCC",
        "unified social credit code",
        "统一社会信用代码",
        1,
    ),
    ("CRYPTO_WALLET", "cryptocurrency address", "加密货币地址", 3),
    ("CVV", "card verification code", "卡安全码", 5),
    ("DATE_OF_BIRTH", "date of birth", "出生日期", 3),
    ("DEA", "US DEA registration number", "美国药品管制登记号", 3),
    ("DIAGNOSIS", "diagnosis", "诊断", 4),
    ("DIAGNOSIS_GENETIC", "genetic finding", "遗传检测结果", 5),
    ("DIAGNOSIS_HIV", "HIV status", "艾滋病相关诊断", 5),
    (
        "DIAGNOSIS_PSYCHIATRIC",
        "psychiatric diagnosis",
        "精神科诊断",
        5,
    ),
    ("EMAIL", "e-mail address", "电子邮箱", 3),
    ("ETHNICITY", "ethnicity", "民族", 4),
    ("GENDER", "gender", "性别", 2),
    ("GEO", "geographic coordinates", "经纬度", 3),
    ("HEALTH_PLAN_NO", "health plan number", "健康保险编号", 4),
    (
        "HKMT_PERMIT",
        "Hong Kong, Macao or Taiwan permit",
        "港澳台通行证号",
        3,
    ),
    ("IBAN", "IBAN", "国际银行账号", 4),
    ("IP", "IP address", "IP地址", 2),
    (
        "LIT",
        "text in the form of a surrogate",
        "形似替代值的文本",
        1,
    ),
    ("MAC", "MAC address", "MAC地址", 2),
    ("MEDICAL_RECORD_NO", "medical record number", "病历号", 4),
    ("MEDICATION", "medication", "药品", 3),
    ("NATIONAL_ID", "national ID number", "外国居民证件号", 3),
    ("NPI", "US provider number", "美国医疗机构识别号", 2),
    ("ORG", "organisation", "单位名称", 1),
    ("PASSWORD", "password", "口令", 5),
    ("PERSON", "person's name", "姓名", 3),
    ("PHONE", "telephone number", "电话号码", 3),
    ("PIN", "card or account PIN", "支付密码", 5),
    ("PLACE", "place name", "地名", 1),
    ("PRIVATE_KEY", "private key", "私钥", 5),
    ("QQ", "QQ number", "QQ号", 3),
    ("RELIGION", "religion", "宗教信仰", 4),
    ("SECRET", "API key or token", "访问密钥", 5),
    (
        "SOCIAL_SECURITY_CARD",
        "Chinese social security card number",
        "社会保障卡号",
        3,
    ),
    ("SWIFT", "SWIFT code", "SWIFT代码", 1),
    (
        "UK_NINO",
        "UK national insurance number",
        "英国国民保险号",
        4,
    ),
    ("URL", "web address", "网址", 1),
    ("USERNAME", "user name", "用户名", 2),
    (
        "US_DRIVING_LICENCE",
        "US driving licence number",
        "美国驾驶证号",
        3,
    ),
    ("US_ITIN", "US taxpayer number", "美国个人纳税识别号", 4),
    ("US_PASSPORT", "US passport number", "美国护照号", 3),
    ("US_ROUTING", "US bank routing number", "美国银行路由号", 2),
    ("US_SSN", "US social security number", "美国社会保障号", 4),
    ("VIN", "vehicle identification number", "车辆识别代号", 2),
    ("WECHAT", "WeChat ID", "微信号", 3),
];

impl EntityType {
    /// Text that has the form of a surrogate without being one of ours; see `transform`.
    pub const LIT: Self = Self("LIT");

    /// The built-in type of this name, or one that a policy has defined; `None` for any other name.
    pub fn named(name: &str) -> Option<Self> {
        BUILT_IN
            .iter()
            .find(|row| row.0 == name)
            .map(|row| Self(row.0))
            .or_else(|| {
                let names = custom_names()
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                names.get(name).map(|name| Self(name))
            })
    }

    /// Defines a type that a policy names; a built-in name gives the built-in type.
    ///
    /// Names are 2–40 characters of `A–Z`, `0–9` and `_`, and begin with a letter; `None` for any other.
    /// The name lives as long as the process: a policy file defines few of them.
    pub fn define(name: &str) -> Option<Self> {
        let form = (2..=40).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && name
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if !form {
            return None;
        }
        Self::named(name).or_else(|| {
            let leaked: &'static str = Box::leak(name.to_owned().into_boxed_str());
            custom_names()
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(leaked);
            Some(Self(leaked))
        })
    }

    /// Every built-in type, in the order of their names.
    pub fn built_in() -> impl Iterator<Item = Self> {
        BUILT_IN.iter().map(|row| Self(row.0))
    }

    /// Its name in policies, logs and surrogates.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// What staff call it; a policy's own type is called by its name.
    pub fn label(self, language: Language) -> &'static str {
        self.row().map_or(self.0, |row| match language {
            Language::En => row.1,
            Language::Zh => row.2,
        })
    }

    /// Level where a policy sets none: 1 (public) to 5 (most sensitive); a policy's own type is 3.
    pub fn default_level(self) -> u8 {
        self.row().map_or(3, |row| row.3)
    }

    fn row(self) -> Option<&'static Row> {
        BUILT_IN.iter().find(|row| row.0 == self.0)
    }
}

impl fmt::Display for EntityType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

fn custom_names() -> &'static Mutex<BTreeSet<&'static str>> {
    static NAMES: OnceLock<Mutex<BTreeSet<&'static str>>> = OnceLock::new();
    NAMES.get_or_init(Mutex::default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_types_are_interned_and_checked() {
        assert_eq!(EntityType::named("LOAN_NO"), None);
        let defined = EntityType::define("LOAN_NO");
        assert!(defined.is_some());
        assert_eq!(EntityType::named("LOAN_NO"), defined);
        for bad in ["", "X", "lower", "9X", "A-B", "项目"] {
            assert_eq!(EntityType::define(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_table_is_sorted_and_its_levels_are_in_range() {
        assert!(BUILT_IN.is_sorted_by_key(|row| row.0));
        assert!(BUILT_IN.iter().all(|row| (1..=5).contains(&row.3)));
    }
}
