//! Whether a cell looks like a value of its column: loosely, since the header says the rest.

use crate::detect::text::is_han;

/// The form of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Letters, a person's name.
    Name,
    /// So many digits, with what groups them.
    Digits(usize, usize),
    /// So many letters and digits, a third of them digits.
    Code(usize, usize),
    Email,
    Address,
    Date,
    Age,
    Gender,
    /// A few words.
    Words,
    Plate,
    /// One word of ASCII.
    Handle,
    Password,
    Amount,
}

/// Cells that stand for a value that isn't there, or for its type.
const NOTHING: &[&str] = &[
    "-",
    "--",
    "/",
    "n/a",
    "na",
    "none",
    "null",
    "nil",
    "无",
    "空",
    "暂无",
    "未填",
    "未知",
    "待定",
    "待补充",
    "同上",
    "unknown",
    "tbd",
    "string",
    "text",
    "varchar",
    "char",
    "int",
    "integer",
    "number",
    "bool",
    "boolean",
    "date",
    "required",
    "optional",
    "yes",
    "no",
    "是",
    "否",
    "total",
    "合计",
    "总计",
    "小计",
    "redacted",
    "必填",
    "选填",
    "文本",
    "字符串",
    "value",
    "example",
    "示例",
    "true",
    "false",
];

/// Longest of them, in bytes.
const NOTHING_BYTES: usize = 9;

impl Shape {
    /// Whether a cell fits. `sure` headers take a name in lower case, too.
    pub(super) fn fits(self, cell: &str, sure: bool) -> bool {
        if cell.is_empty() || is_nothing(cell) || is_masked(cell) {
            return false;
        }
        let digits = cell.bytes().filter(u8::is_ascii_digit).count();
        let chars = cell.chars().count();
        let spaced = |c: char| c.is_ascii_digit() || " -.()+/".contains(c);
        match self {
            Self::Name => is_name(cell, sure),
            Self::Digits(least, most) => {
                (least..=most).contains(&digits) && cell.chars().all(spaced)
            }
            Self::Code(least, most) => {
                let code = |c: char| c.is_ascii_alphanumeric() || " -./".contains(c);
                let letters = cell.bytes().filter(u8::is_ascii_alphanumeric).count();
                (least..=most).contains(&letters) && digits * 3 >= letters && cell.chars().all(code)
            }
            Self::Email => cell.contains('@') && cell.contains('.') && !cell.contains(' '),
            Self::Address => is_address(cell, digits, chars),
            Self::Date => {
                let date =
                    |c: char| spaced(c) || "年月日号,".contains(c) || c.is_ascii_alphabetic();
                (2..=8).contains(&digits) && chars <= 20 && cell.chars().all(date)
            }
            Self::Age => {
                let bare = cell.trim_end_matches(['岁', ' ']);
                (1..=3).contains(&digits) && bare.len() == digits
            }
            Self::Gender => matches!(
                cell.to_ascii_lowercase().as_str(),
                "男" | "女"
                    | "男性"
                    | "女性"
                    | "m"
                    | "f"
                    | "male"
                    | "female"
                    | "nonbinary"
                    | "non-binary"
            ),
            Self::Words => {
                (2..=60).contains(&chars)
                    && cell.chars().any(char::is_alphabetic)
                    && !cell.contains("://")
            }
            Self::Plate => (7..=9).contains(&chars) && cell.starts_with(is_han),
            Self::Handle => {
                let in_handle = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
                (3..=40).contains(&cell.len()) && cell.bytes().all(in_handle)
            }
            Self::Password => {
                (4..=64).contains(&cell.len()) && cell.bytes().all(|b| b.is_ascii_graphic())
            }
            Self::Amount => {
                digits >= 3
                    && cell
                        .chars()
                        .all(|c| spaced(c) || "¥￥$€£,，元万 ".contains(c))
            }
        }
    }
}

/// Whether a cell stands for a value that isn't there.
fn is_nothing(cell: &str) -> bool {
    cell.len() <= NOTHING_BYTES && NOTHING.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// `138****5678`, `xxx`.
fn is_masked(cell: &str) -> bool {
    cell.contains("**")
        || cell
            .chars()
            .all(|c| matches!(c, 'x' | 'X' | '*' | '#' | '.' | '_'))
}

fn is_name(cell: &str, sure: bool) -> bool {
    let chars = cell.chars().count();
    if cell
        .chars()
        .all(|c| is_han(c) || matches!(c, '·' | '•' | '‧' | ' '))
    {
        return (2..=12).contains(&chars) && (chars <= 4 || cell.contains(['·', '•', '‧']));
    }
    let in_name = |c: char| c.is_alphabetic() || " .'’-,".contains(c);
    let words = cell
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .count();
    let capital = cell
        .split(' ')
        .any(|word| word.starts_with(char::is_uppercase));
    let shout = chars <= 3 && cell.chars().all(char::is_uppercase);
    (2..=40).contains(&chars)
        && cell.chars().all(in_name)
        && !cell.contains(is_han)
        && (1..=4).contains(&words)
        && (sure || capital && !shout)
        && (sure || words >= 2)
}

/// Not an address in memory, in a network or of a mailbox.
fn is_address(cell: &str, digits: usize, chars: usize) -> bool {
    let other = cell.contains(['@', '\\', '=']) || cell.contains("://") || cell.starts_with("0x");
    let han = cell.chars().filter(|c| is_han(*c)).count();
    let street = digits > 0 && cell.contains(' ') && cell.chars().any(char::is_alphabetic);
    (4..=120).contains(&chars) && !other && (han >= 4 || street)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_fit_their_columns() {
        assert!(NOTHING.iter().all(|word| word.len() <= NOTHING_BYTES));
        let long = Shape::Code(6, 34);
        for (shape, cell, sure, fits) in [
            (Shape::Name, "张三", true, true),
            (Shape::Name, "阿依古丽·买买提", true, true),
            (Shape::Name, "Ann Lee", false, true),
            (Shape::Name, "ann lee", true, true),
            (Shape::Name, "ann lee", false, false),
            (Shape::Name, "Admin", false, false),
            (Shape::Name, "user_id", true, false),
            (Shape::Name, "合计", true, false),
            (Shape::Name, "北京明月科技有限公司", true, false),
            (Shape::Digits(7, 15), "+86 138-1234-5678", true, true),
            (Shape::Digits(7, 15), "138****5678", true, false),
            (Shape::Digits(3, 4), "739", true, true),
            (long, "6222 0202 0011", true, true),
            (long, "varchar", true, false),
            (Shape::Address, "上海市浦东新区张江路", false, true),
            (Shape::Address, "12 High Street", false, true),
            (Shape::Address, "0x7ffe 12 ab", false, false),
            (Shape::Date, "1990年3月7日", true, true),
            (Shape::Age, "34岁", false, true),
            (Shape::Gender, "Female", false, true),
            (Shape::Password, "required", true, false),
            (Shape::Password, "s3c!et9", true, true),
            (Shape::Amount, "¥12,000", false, true),
        ] {
            assert_eq!(shape.fits(cell, sure), fits, "{cell}");
        }
    }
}
