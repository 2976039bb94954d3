//! What the header of a column says about its cells, in English and Chinese.
//!
//! A header that says it all (身份证号) stands for itself. One that also heads other things (`name`, `address`, 诊断) counts
//! only in a table that has one of the former.

use super::shape::Shape;
use super::starts::{Letter, Starts, is_bracket, is_quote, letter};
use foldhash::{HashMap, HashMapExt};
use std::sync::OnceLock;

/// A column that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The word of the list below.
    pub(super) word: &'static str,
    /// Name of the entity type; `None` where the header is known to say nothing.
    pub(super) entity: Option<&'static str>,
    pub(super) shape: Shape,
    /// Counts wherever it stands.
    pub(super) strong: bool,
    /// Stands in tables of staff and students only.
    pub(super) staff: bool,
}

/// Entity type, shape of its values, headers that say it all, headers that count in company.
type Row = (&'static str, Shape, &'static str, &'static str);

const ROWS: &[Row] = &[
    (
        "PERSON",
        Shape::Name,
        "姓名|客户姓名|员工姓名|患者姓名|学生姓名|家长姓名|用户姓名|会员姓名|真实姓名|联系人|联系人姓名|紧急联系人|收件人|收货人|\
         收件人姓名|收货人姓名|寄件人|持卡人|持卡人姓名|投保人|被保险人|受益人|借款人|担保人|申请人|申请人姓名|法定代表人|开户人|姓名全称|\
         fullname|firstname|lastname|surname|givenname|familyname|middlename|forename|customername|clientname|employeename|\
         patientname|studentname|guestname|passengername|contactname|contactperson|accountholder|cardholder|cardholdername|\
         holdername|beneficiaryname|applicantname|insuredname|borrowername|tenantname|legalname|emergencycontact",
        "名字|户名|户主|中文名|英文名|客户|患者|病人|员工|学生|用户|会员|业主|租客|乘客|旅客|收款人|付款人|法人|负责人|经办人|经理|\
         name|customer|client|employee|patient|student|guest|passenger|contact|recipient|payee|beneficiary|tenant|applicant|\
         owner|member|user|manager|attendee|candidate",
    ),
    (
        "PHONE",
        Shape::Digits(7, 15),
        "手机|手机号|手机号码|电话|电话号码|联系电话|联系方式|座机|固定电话|移动电话|家庭电话|办公电话|紧急联系电话|电话手机|手机电话|\
         phone|mobile|cell|cellphone|tel|telephone|phonenumber|phoneno|mobilenumber|mobileno|mobilephone|telno|\
         contactnumber|contactno|homephone|workphone|cellnumber|msisdn|whatsapp",
        "传真|联系|fax",
    ),
    (
        "CN_RESIDENT_ID",
        Shape::Code(15, 18),
        "身份证|身份证号|身份证号码|居民身份证|居民身份证号|公民身份号码|身份证件号|身份号码|idcard|idcardno|idcardnumber|identitycard|\
         identitycardno|residentid|residentidno",
        "证件号|证件号码|idnumber|idno|nationalid",
    ),
    (
        "BANK_CARD",
        Shape::Digits(12, 19),
        "银行卡|银行卡号|卡号|信用卡号|信用卡|储蓄卡号|借记卡号|还款卡号|收款卡号|cardnumber|cardno|creditcard|creditcardnumber|\
         debitcard|debitcardnumber|bankcard|bankcardno|bankcardnumber|pan|ccnumber",
        "card",
    ),
    (
        "BANK_ACCOUNT",
        Shape::Code(6, 34),
        "账号|帐号|银行账号|银行账户|收款账号|付款账号|对公账号|开户账号|还款账号|accountnumber|accountno|acctno|acctnumber|\
         bankaccount|bankaccountno|bankaccountnumber",
        "账户|account",
    ),
    (
        "CVV",
        Shape::Digits(3, 4),
        "cvv|cvc|cvv2|cvc2|cvn|安全码|卡安全码|csc",
        "securitycode",
    ),
    (
        "CARD_EXPIRY",
        Shape::Date,
        "cardexpiry|cardexpiration|卡有效期|expdate|expirydate|expirationdate",
        "有效期|expiry|expires|exp",
    ),
    (
        "EMAIL",
        Shape::Email,
        "邮箱|电子邮箱|电子邮件|邮件地址|邮箱地址|email|emailaddress|mail|workemail|personalemail",
        "",
    ),
    (
        "ADDRESS",
        Shape::Address,
        "住址|家庭住址|家庭地址|居住地址|现住址|户籍地址|户籍所在地|通讯地址|联系地址|收货地址|收件地址|寄件地址|邮寄地址|单位地址|详细地址|\
         homeaddress|streetaddress|mailingaddress|shippingaddress|billingaddress|postaladdress|residentialaddress|deliveryaddress",
        "地址|address|street|addressline1|addressline2",
    ),
    (
        "DATE_OF_BIRTH",
        Shape::Date,
        "出生日期|出生年月|出生年月日|生日|dob|dateofbirth|birthdate|birthday|birthdaydate",
        "出生|born",
    ),
    ("AGE", Shape::Age, "", "年龄|岁数|age"),
    ("GENDER", Shape::Gender, "", "性别|gender|sex"),
    ("ETHNICITY", Shape::Words, "", "民族|ethnicity|race"),
    ("RELIGION", Shape::Words, "", "宗教|宗教信仰|religion"),
    (
        "US_SSN",
        Shape::Digits(9, 9),
        "ssn|socialsecuritynumber|socialsecurityno|socialsecurity",
        "",
    ),
    (
        "CN_PASSPORT",
        Shape::Code(7, 10),
        "护照|护照号|护照号码",
        "",
    ),
    (
        "US_PASSPORT",
        Shape::Code(7, 10),
        "passport|passportno|passportnumber",
        "",
    ),
    (
        "MEDICAL_RECORD_NO",
        Shape::Code(4, 20),
        "病历号|病案号|住院号|门诊号|就诊号|病历编号|mrn|medicalrecordnumber|medicalrecordno",
        "",
    ),
    (
        "SOCIAL_SECURITY_CARD",
        Shape::Code(6, 20),
        "社保卡号|社保号|社会保障卡号|医保卡号|医保号",
        "",
    ),
    (
        "HEALTH_PLAN_NO",
        Shape::Code(6, 20),
        "",
        "insuranceid|memberid|policynumber|healthplanno",
    ),
    (
        "CN_PLATE",
        Shape::Plate,
        "车牌|车牌号|车牌号码|号牌号码",
        "",
    ),
    (
        "VIN",
        Shape::Code(17, 17),
        "车架号|车辆识别代号|vin|vinnumber",
        "",
    ),
    ("QQ", Shape::Digits(5, 11), "qq|qq号|qq号码", ""),
    ("WECHAT", Shape::Handle, "微信|微信号|wechat|wechatid", ""),
    (
        "USERNAME",
        Shape::Handle,
        "",
        "用户名|登录名|登录账号|username|login|loginname|userid",
    ),
    (
        "PASSWORD",
        Shape::Password,
        "密码|口令|登录密码|初始密码|password|passwd|pwd|passphrase|initialpassword",
        "",
    ),
    (
        "PIN",
        Shape::Digits(4, 8),
        "支付密码|取款密码|交易密码|pin|pincode",
        "",
    ),
    (
        "DIAGNOSIS",
        Shape::Words,
        "",
        "诊断|诊断结果|主要诊断|初步诊断|入院诊断|出院诊断|疾病|diagnosis|condition",
    ),
    (
        "MEDICATION",
        Shape::Words,
        "",
        "用药|药品|处方|medication|prescription|drug",
    ),
    (
        "AMOUNT",
        Shape::Amount,
        "",
        "工资|薪资|月薪|年薪|余额|月收入|年收入|贷款金额|salary|income|balance|loanamount",
    ),
];

/// Of [`NEUTRAL`]: what stands beside the names of people.
const STAFF: &str =
    "部门|职位|岗位|工号|学号|班级|department|dept|employeeid|staffid|studentid|jobtitle";

/// Headers that are known and say nothing: a row of them is a header, too.
const NEUTRAL: &str = "序号|编号|备注|状态|类型|日期|时间|部门|职位|岗位|金额|数量|说明|标题|订单号|订单编号|流水号|工号|学号|单号|快递单号|\
    no|id|note|notes|remark|remarks|status|type|date|time|department|dept|title|amount|quantity|qty|description|orderid|orderno|\
    ordernumber|city|state|zip|zipcode|country|province|role|position|comment|字段|值|项目|内容|field|value|item|key|label|\
    班级|employeeid|staffid|studentid|jobtitle|城市|省份|国家|邮编|公司|单位|company|employer|organization";

/// Longest header that is known, in bytes, with what may stand around it.
const HEADER_BYTES: usize = 64;
/// Most digits in one, for a number of the column, and most blanks.
const MOST_DIGITS: usize = 2;
const MOST_BLANKS: usize = 5;

/// What a header cell says.
pub(super) fn meaning(cell: &str) -> Option<Header> {
    let known = known();
    if cell.len() > HEADER_BYTES || !known.starts.may_begin(cell) {
        return None;
    }
    let count = |is: fn(&u8) -> bool| cell.bytes().filter(is).count();
    if count(u8::is_ascii_digit) > MOST_DIGITS || count(u8::is_ascii_whitespace) > MOST_BLANKS {
        return None;
    }
    known.words.get(Name::of(cell)?.as_str()).copied()
}

/// The beginnings of all headers.
pub(super) fn starts() -> &'static Starts {
    &known().starts
}

/// The list below, laid out for look-ups.
struct Words {
    words: HashMap<&'static str, Header>,
    starts: Starts,
}

/// Every header by its word.
fn known() -> &'static Words {
    static KNOWN: OnceLock<Words> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut words = HashMap::new();
        let mut add = |list: &'static str, entity, shape, strong| {
            for word in list.split('|').filter(|word| !word.is_empty()) {
                words.insert(
                    word,
                    Header {
                        word,
                        entity,
                        shape,
                        strong,
                        staff: STAFF.split('|').any(|staff| staff == word),
                    },
                );
            }
        };
        add(NEUTRAL, None, Shape::Words, false);
        for (entity, shape, strong, weak) in ROWS {
            add(weak, Some(*entity), *shape, false);
            add(strong, Some(*entity), *shape, true);
        }
        let starts = Starts::of(words.keys().copied());
        Words { words, starts }
    })
}

/// A header as the list spells it: in lower case, without blanks, `_`, `-`, a colon or star behind it, a note in
/// brackets, or a number (`phone 1`).
struct Name {
    bytes: [u8; HEADER_BYTES],
    len: usize,
}

impl Name {
    /// `None` where the cell has a character that no header has.
    fn of(cell: &str) -> Option<Self> {
        let mut name = Self {
            bytes: [0; HEADER_BYTES],
            len: 0,
        };
        for c in cell.chars() {
            match letter(c) {
                _ if c.is_ascii_digit() => name.push(c)?,
                _ if is_bracket(c) => break,
                _ if is_quote(c) => return None,
                Letter::Is(c) => name.push(c)?,
                Letter::Aside => {}
                Letter::Not => return None,
            }
        }
        name.without_number();
        Some(name)
    }

    fn push(&mut self, c: char) -> Option<()> {
        let end = self.len + c.len_utf8();
        c.encode_utf8(self.bytes.get_mut(self.len..end)?);
        self.len = end;
        Some(())
    }

    /// `cvv2` and `addressline1` are words of the list themselves.
    fn without_number(&mut self) {
        let name = self.as_str();
        let bare = name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        if bare > 0 && !name.starts_with("cv") && !name.starts_with("addressline") {
            self.len = bare;
        }
    }

    fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.len).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::EntityType;
    use std::collections::BTreeSet;

    #[test]
    fn headers_are_known_in_their_usual_spellings() {
        for (cell, entity) in [
            ("姓名", Some("PERSON")),
            ("First Name", Some("PERSON")),
            ("first_name", Some("PERSON")),
            ("手机号（必填）", Some("PHONE")),
            ("Phone 2", Some("PHONE")),
            ("身份证号码：", Some("CN_RESIDENT_ID")),
            ("CVV2", Some("CVV")),
            ("E-mail", Some("EMAIL")),
            ("备注", None),
        ] {
            assert_eq!(meaning(cell).map(|h| h.entity), Some(entity), "{cell}");
        }
        for cell in ["", "13812345678", "张三", "请填写姓名", "parameter", "  "] {
            assert_eq!(meaning(cell), None, "{cell}");
        }
    }

    #[test]
    fn every_type_is_one_and_no_header_stands_twice() {
        let mut seen = BTreeSet::new();
        for (entity, _, strong, weak) in ROWS {
            assert!(EntityType::named(entity).is_some(), "{entity}");
            for word in strong
                .split('|')
                .chain(weak.split('|'))
                .filter(|w| !w.is_empty())
            {
                assert!(seen.insert(word), "{word}");
                assert_eq!(Name::of(word).unwrap().as_str(), word);
            }
        }
        assert!(NEUTRAL.split('|').all(|word| seen.insert(word)));
        let neutral = |word| meaning(word).is_some_and(|header| header.staff && !header.strong);
        assert!(STAFF.split('|').all(neutral));
    }
}
