//! Words of the grammar of Chinese addresses.

/// First or last characters of words, by the low bits of their numbers: says no to nearly every other one at one look.
pub(super) struct Ends([u64; 64]);

impl Ends {
    /// The first characters of these words, all of them Han characters of three bytes.
    pub(super) const fn first(words: &[&str]) -> Self {
        Self::of(words, false)
    }

    /// Their last characters.
    pub(super) const fn last(words: &[&str]) -> Self {
        Self::of(words, true)
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "evaluated at compile time, where a wrong index is a compile error"
    )]
    const fn of(words: &[&str], last: bool) -> Self {
        let mut chars = [0; 64];
        let mut i = 0;
        while i < words.len() {
            let bytes = words[i].as_bytes();
            let end = if last { bytes.len() } else { 3 };
            let low = (bytes[end - 2] as usize & 0x3f) << 6 | bytes[end - 1] as usize & 0x3f;
            chars[low / 64] |= 1 << (low % 64);
            i += 1;
        }
        Self(chars)
    }

    /// Whether this may be one of them.
    pub(super) fn may_have(&self, c: char) -> bool {
        let low = u32::from(c) as usize & 0xfff;
        let row = self.0.get(low / 64);
        row.is_some_and(|row| row >> (low % 64) & 1 != 0)
    }
}

/// What a number counts in an address; longest first.
pub(super) const UNITS: &[&str] = &[
    "号楼", "号院", "号门", "号铺", "号库", "单元", "支弄", "街坊", "号", "弄", "栋", "幢", "座",
    "室", "楼", "层", "房", "组", "队", "门", "户", "巷", "院", "区", "期", "铺", "档", "柜",
];

/// Units that make sense only below a street or an estate.
pub(super) const INNER: &[&str] = &[
    "栋", "幢", "单元", "室", "号楼", "座", "层", "楼", "房", "户", "弄",
];

/// Ends of names of streets and villages.
pub(super) const STREETS: &[&str] = &[
    "路", "街", "大道", "道", "巷", "弄", "胡同", "条", "里", "村", "镇", "乡", "庄", "屯", "社区",
    "街道", "坊", "堤", "公路", "段", "东路", "西路", "南路", "北路", "中路", "线", "桥", "营",
];

/// Ends of names of estates and houses.
pub(super) const ESTATES: &[&str] = &[
    "小区",
    "花园",
    "花苑",
    "新村",
    "新城",
    "公寓",
    "大厦",
    "广场",
    "中心",
    "家园",
    "家属院",
    "宿舍",
    "苑",
    "园",
    "城",
    "府",
    "湾",
    "庭",
    "邸",
    "轩",
    "阁",
    "庄园",
    "别墅",
    "大楼",
    "写字楼",
    "园区",
    "科技园",
    "产业园",
    "工业园",
    "工业区",
    "开发区",
    "商城",
    "市场",
    "大院",
    "国际",
    "名都",
    "御景",
    "雅居",
    "雅苑",
    "华庭",
    "豪庭",
    "嘉园",
    "佳苑",
    "厂",
];

/// Ends of names of administrative areas.
pub(super) const AREAS: &[&str] = &[
    "省",
    "市",
    "区",
    "县",
    "旗",
    "州",
    "自治区",
    "自治州",
    "新区",
    "盟",
    "镇",
    "乡",
];

/// Words before an address that are no part of it.
pub(super) const LEADS: &[&str] = &[
    "住在",
    "位于",
    "地址是",
    "地址为",
    "地址",
    "住址",
    "寄到",
    "寄往",
    "寄至",
    "寄给",
    "送到",
    "送至",
    "送往",
    "发往",
    "发到",
    "发货到",
    "发至",
    "搬到",
    "搬至",
    "家住",
    "现住",
    "户籍",
    "来自",
    "设在",
    "坐落于",
    "坐落",
    "租住",
    "居住",
    "居住在",
    "籍贯",
    "地点",
    "前往",
    "到达",
    "回到",
    "我家",
    "家里",
    "公司在",
    "门店",
    "改到",
    "改成",
    "改为",
    "更改为",
    "变更为",
    "开往",
    "路过",
    "靠近",
    "邮寄",
    "快递",
    "发票寄",
    "寄",
    "在",
    "址",
    "于",
    "到",
    "至",
    "是",
    "为",
    "从",
    "往",
    "和",
    "与",
    "去",
    "住",
];

/// Names that hold such a word.
pub(super) const NO_LEADS: &[&str] = &[
    "于都", "于洪", "从化", "从江", "和平", "和田", "和县", "和顺", "和静", "到保", "至善", "单于",
    "淳于", "永和", "太和", "泰和", "兴和", "人和", "祥和", "义和", "平和", "中和", "和谐", "和林",
    "雍和", "颐和", "仁和", "嘉和", "万寿", "为民",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_passed_over() {
        for words in [UNITS, STREETS, ESTATES, LEADS] {
            let (first, last) = (Ends::first(words), Ends::last(words));
            for word in words {
                assert!(word.chars().all(|c| c.len_utf8() == 3), "{word}");
                assert!(first.may_have(word.chars().next().unwrap()), "{word}");
                assert!(last.may_have(word.chars().next_back().unwrap()), "{word}");
            }
        }
        assert!(!Ends::first(&["于都"]).may_have('都'));
        assert!(!Ends::last(&["于都"]).may_have('于'));
    }
}
