//! The context words, English and Chinese, by role.
//!
//! Words are parted by `|`. English words match in any case; a space in one also matches `_`, `-` or nothing, as in `id_card`, `id-card`, `idCard`.

use super::roles::Roles;

/// One row: what the words say, and the words.
pub(super) type Row = (Roles, &'static str);

/// Words near a value.
pub(super) const WORDS: &[Row] = &[
    (
        Roles::PHONE,
        "\
电话|手机|联系|致电给|手机号|手机号码|联系方式|联系电话|致电|拨打|回拨|座机|固话|传真|短信|来电|热线|电联|\
打给|联系号码|移动电话|老号码|新号码|phone|mobile|cell|tel|telephone|fax|call|whatsapp|\
phone number|reach me|text me|dial|sms|msisdn|number is",
    ),
    (
        Roles::ID,
        "\
身份证|身份证号|身份证号码|证件号|证件号码|公民身份号码|居民身份证|证号|证件|驾驶证号|实名|\
实名认证|id card|id number|id no|idno|identity card|identity number|identity no|national id|\
resident id|prc id|cert no|certificate no|sfz",
    ),
    (
        Roles::CARD,
        "\
银行卡|银行卡号|卡号|信用卡|储蓄卡|借记卡|贷记卡|账号|账户|卡上|卡里|的卡|这张卡|刷卡|汇至|打到|\
转到|转账|收款|开户|开户账号|银联|还款|付款卡|card|card number|card no|credit card|debit card|\
bank card|visa|mastercard|amex|unionpay|discover|pan|cc number|payment|card on file",
    ),
    (
        Roles::CVV,
        "\
cvv|cvc|cvv2|cvc2|cvn|csc|安全码|卡背面|security code|verification value",
    ),
    (
        Roles::EXPIRY,
        "\
有效期|到期日|过期日|exp|expiry|expires|expiration|valid thru|exp date|expiry date|\
expiration date",
    ),
    (
        Roles::PIN,
        "\
验证码|短信验证码|动态码|动态密码|短信码|otp|otp code|one time password|one time code|one time pin|\
verification code|sms code|2fa code|mfa code|pin|pin code|pin码|支付密码|取款密码|交易密码|卡密码|card pin|atm pin|银行卡密码",
    ),
    (
        Roles::SSN,
        "\
ssn|social security|social security number|my social|social number|social no|soc sec|ss number|社会保障号|社会安全号|社安号|tax id|itin",
    ),
    (
        Roles::USCC,
        "\
统一社会信用代码|社会信用代码|信用代码|税号|纳税人识别号|uscc|credit code|usci|营业执照号",
    ),
    (
        Roles::IBAN,
        "\
iban",
    ),
    (
        Roles::IP,
        "\
ip|ipv4|ipv6|主机|服务器|网关|内网|外网|host|server|ping|gateway|dns|ssh|ip地址|http|https|://",
    ),
    (
        Roles::PLATE,
        "\
车牌|车牌号|号牌|车辆|plate|license plate",
    ),
    (
        Roles::NEGATIVE,
        "\
订单号|单号|流水|流水号|运单|运单号|商户单号|批次|批次号|序列号|产品编号|\
缴费编号|交易号|发票号|发票号码|工单号|合同号|合同编号|快递单号|物流单号|条码|条形码|时间戳|\
提交|质数|房号|版本号|固件|order no|order id|order number|invoice no|\
tracking|tracking number|sku|batch|serial|serial number|seq|sequence|offset|bytes|\
build|trace|trace id|span id|request id|timestamp|epoch|port|pid|tid|inode|partition|isbn|issn|\
ean|upc|doi|transaction id|heap|part no|revision|serialversionuid|created|updated|message id|\
trade no|waybill|lot|model|cache key",
    ),
    (
        Roles::NEGATIVE.or(Roles::THING),
        "\
订单|退款单|采购单|order|invoice|booking|ticket|receipt|shipment",
    ),
    (
        Roles::NEGATIVE.or(Roles::HASH),
        "\
校验值|哈希|commit|hash|sha|sha1|sha256|sha512|md5|checksum|uuid|guid|digest",
    ),
    (
        Roles::VERSION,
        "\
version|版本|固件|升级|固件版本|driver|firmware|release|bump|upgrade|runtime|requires|\
tested with|build|patch|jdk|sdk|chrome|assembly|package|nuget|dependency",
    ),
    (
        Roles::NAME,
        "\
姓名|中文名|英文名|真实姓名|名字|客户姓名|收件人|收货人|持卡人|户名|我叫|名叫|联系人|开户名|\
声明人|申请人|投保人|被保险人|full name|first name|last name|surname|given name|customer name|\
family name|middle name|forename|姓氏|real name|user name|name on account|account holder|cardholder|card holder|account name|\
recipient|payee|beneficiary|contact name|contact person|name|fullname|legal name|employee name|\
patient name|holder name|registered owner|signed by",
    ),
    (
        Roles::ROLE,
        "\
客户|用户|患者|病人|学生|家长|员工|同事|同学|车主|驾驶人|参保人|乙方|甲方|被告|原告|旅客|乘客|\
应聘者|候选人|付款人|收款人|会员|业主|租客|房东|借款人|担保人|法人|法定代表人|经办人|负责人|\
登记车主|来电人|本人|同行|麻烦|通知|寄件人|退伍军人|当事人|委托人|受益人|死者|嫌疑人|证人|\
代理人|老板|朋友|司机|customer|patient|employee|client|tenant|landlord|holder|subscriber|\
traveler|traveller|passenger|contact|applicant|claimant|colleague|attn|attention|from|to|cc|\
owner|ask|tell|seller|buyer|borrower|insured|witness|defendant|plaintiff|student|teacher|\
manager|nurse|candidate",
    ),
    (
        Roles::TITLE,
        "\
先生|女士|请核实|请确认|请查收|请回复|小姐|太太|老师|医生|大夫|经理|总监|主任|教授|律师|同学|师傅|阿姨|护士|院长|主管|会计",
    ),
    (
        Roles::INTRO,
        "\
mr|mrs|ms|miss|dr|prof|professor|sir|madam|my name is|i am|i'm|name is|this is|dear|regards|\
sincerely|called|hi,|hello,|hey,",
    ),
    (
        Roles::PASSWORD,
        "\
my pass|the pass|your pass|our pass|new pass|old pass|temp pass|user pass|db pass|login pass|\
admin pass|root pass|wifi pass|my pw|the pw|password|passwd|pwd|passphrase|passcode|密码|口令|登录密码|初始密码|开机密码|管理员密码|\
数据库密码|暗号",
    ),
    (
        Roles::SECRET,
        "\
key|api key|apikey|access key|accesskey|access key id|access key secret|secret|secret key|\
client secret|app secret|appsecret|auth token|access token|refresh token|token|private key|\
signing key|encryption key|auth key|x-api-key|credential|credentials|密钥|秘钥|令牌|访问密钥|\
私钥|授权码|account key|shared access key|master key|session key|webhook secret",
    ),
    (
        Roles::BEARER,
        "\
bearer|basic|authorization",
    ),
    (
        Roles::EMAIL,
        "\
邮箱|邮件|email|e-mail|mail|mailto",
    ),
    (
        Roles::TRAIT,
        "\
生日|出生|出生日期|生于|性别|年龄|民族|籍贯|住址|家庭住址|住|现居|born|dob|date of birth|\
birth date",
    ),
    (
        Roles::OTHER,
        "\
社保卡|社保卡号|社会保障卡|护照|护照号|护照号码|通行证|台胞证|门诊号|住院号|病历号|军官证|qq|\
扣扣|微信|尾号|证件尾号|passport|mrn|record|npi|dea|member id|routing number|account number|\
license number|邮编|工号|学号|客户经理|客户端|客户群|客户服务|用户名|用户体验|用户端|班主任|\
项目经理|产品经理|usb|id",
    ),
];
