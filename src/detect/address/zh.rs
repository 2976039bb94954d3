//! Chinese addresses: from the province or the street down to the room, around a number with a unit (100号, 3栋, 502室).
//!
//! Walks back from the number to where the address begins (a place name, or behind 住在, 寄到, …) and on over further
//! numbers with units. Both walks are bounded.

use super::super::page::{Candidate, Page};
use super::super::roles::Roles;
use super::super::text::{at, char_at, char_before, is_han, run};
use super::zh_words::{AREAS, ESTATES, Ends, INNER, LEADS, NO_LEADS, STREETS, UNITS};
use crate::base::Span;

/// Characters before the first number in which an address begins, and behind a unit in which the next must come.
const HEAD_CHARS: usize = 36;
const GAP_CHARS: usize = 11;
/// Within so many bytes behind a pause a digit must come: eight characters, and the digit.
const SOON_BYTES: usize = 40;
/// Longest address, in characters behind its first number.
const TAIL_CHARS: usize = 48;

/// Looks around a number whose unit stands behind it; returns where the walk need not look for addresses again.
pub(in crate::detect) fn number(page: &mut Page<'_>, digits: Span) -> Option<usize> {
    let text = page.text;
    let unit = unit_at(text, blank(text, digits.end))?;
    let (start, head) = head(page, digits.start)?;
    let tail = tail(text, digits.end);
    let score = judge(head, unit, tail.inner)?;
    page.push(Candidate::new(
        Span::new(start, tail.end),
        page.types.address,
        score,
        "address_zh",
    ));
    Some(tail.end)
}

/// A street without a number, behind the areas it lies in: from a place name on.
pub(in crate::detect) fn from_place(page: &mut Page<'_>, start: usize) -> Option<usize> {
    let text = page.text;
    let (mut areas, mut street, mut since) = (0, None, 0);
    let rest = text.get(start..)?;
    for (i, c) in rest.char_indices().take(HEAD_CHARS) {
        if !is_han(c) {
            break;
        }
        since += 1;
        let here = start + i + c.len_utf8();
        let part = text.get(start..here)?;
        if is_lead(text, start + i) && since > 1 {
            break;
        }
        if since >= 2 && matches!(c, '市' | '区' | '县' | '旗' | '州') {
            (areas, since) = (areas + 1, 0);
        } else if since >= 3 && areas > 0 && ends_street(part, c) {
            (street, since) = (Some(here), 0);
        } else if since > 8 {
            break;
        }
    }
    let end = street?;
    page.push(Candidate::new(
        Span::new(start, end),
        page.types.address,
        0.7,
        "address_zh",
    ));
    Some(end)
}

/// Whether a stretch whose last character is `c` ends as the names of streets and villages do.
fn ends_street(part: &str, c: char) -> bool {
    match c {
        '路' | '街' | '巷' | '镇' | '村' | '乡' => true,
        '道' => part.ends_with("大道") || part.ends_with("街道"),
        '同' => part.ends_with("胡同"),
        _ => false,
    }
}

/// What stands before the first number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    /// A street or village right before the number.
    Street,
    /// An estate or house right before the number.
    Estate,
    /// An area somewhere before, and something else right before.
    Area,
    /// Nothing that says so.
    Other,
}

/// How sure an address with this head is; `None`: it is none.
fn judge(head: Head, unit: &str, inner: usize) -> Option<f32> {
    let inner = inner + usize::from(INNER.contains(&unit));
    match head {
        Head::Street => Some(0.85),
        Head::Area if inner > 0 || unit == "号" || unit == "组" => Some(0.8),
        Head::Estate if inner > 0 => Some(if inner > 1 { 0.8 } else { 0.7 }),
        Head::Other if inner > 2 => Some(0.6),
        _ => None,
    }
}

/// Where an address before the number at `end` begins, and what kind of head it is.
fn head(page: &Page<'_>, end: usize) -> Option<(usize, Head)> {
    let text = page.text;
    let close = text.get(..end)?.trim_end_matches([' ', '-', '第']).len();
    if close + 4 < end
        || char_before(text, close).is_none_or(|c| !is_han(c) || "月年第".contains(c))
    {
        return None;
    }
    let mut start = close;
    for _ in 0..HEAD_CHARS {
        let Some(c) = char_before(text, start).filter(|c| is_part(*c)) else {
            break;
        };
        let next = start - c.len_utf8();
        if c == ' '
            && !char_before(text, next).is_some_and(|c| "省市区县州旗镇乡村路街道".contains(c))
        {
            break;
        }
        if let Some(lead) = lead_end(text, start) {
            start = lead;
            break;
        }
        start = next;
    }
    let start = place_in(page, start, close).unwrap_or(start);
    let part = text.get(start..close)?;
    let ends = |ends: &[&str]| {
        ends.iter()
            .any(|end| part.ends_with(end) && part.len() > end.len() + 2)
    };
    let kind = if ends(STREETS) {
        Head::Street
    } else if ends(ESTATES) {
        Head::Estate
    } else if AREAS
        .iter()
        .chain(STREETS)
        .any(|area| part.find(area).is_some_and(|at| at >= 6))
    {
        Head::Area
    } else {
        Head::Other
    };
    Some((start, kind))
}

/// The first place name between two positions: an address begins with its largest area.
fn place_in(page: &Page<'_>, start: usize, end: usize) -> Option<usize> {
    let hits = &page.cues.hits;
    let from = hits.partition_point(|hit| hit.end <= start);
    hits.get(from..)?
        .iter()
        .take_while(|hit| hit.end <= end)
        .find(|hit| hit.start >= start && hit.roles.any(Roles::PLACE))
        .map(|hit| hit.start)
}

/// Whether a lead ends right before `i`; then an address begins at `i`.
fn lead_end(text: &str, i: usize) -> Option<usize> {
    let c = char_before(text, i)?;
    let lead = i - c.len_utf8();
    is_lead(text, lead).then_some(i)
}

/// Whether the character at `i` is the last of a lead, and of no name.
fn is_lead(text: &str, i: usize) -> bool {
    static LAST: Ends = Ends::last(LEADS);
    let Some(c) = char_at(text, i).filter(|c| LAST.may_have(*c)) else {
        return false;
    };
    let end = i + c.len_utf8();
    let head = text.get(..end).unwrap_or_default();
    if !LEADS.iter().any(|lead| head.ends_with(lead)) {
        return false;
    }
    let before = char_before(text, i).map_or(i, |c| i - c.len_utf8());
    let after = char_at(text, end).map_or(end, |c| end + c.len_utf8());
    let in_name = [text.get(i..after), text.get(before..end)]
        .iter()
        .flatten()
        .any(|pair| NO_LEADS.contains(pair));
    !in_name
}

fn is_part(c: char) -> bool {
    is_han(c) || c.is_ascii_alphanumeric() || "·-()（） ".contains(c)
}

struct Tail {
    end: usize,
    /// Units of houses, floors and rooms.
    inner: usize,
}

/// On from the first number over every further one with a unit.
fn tail(text: &str, digits_end: usize) -> Tail {
    let mut tail = Tail {
        end: digits_end,
        inner: 0,
    };
    let (mut at_char, mut gap, mut counted) = (digits_end, 0, true);
    for _ in 0..TAIL_CHARS {
        if let Some(unit) = unit_at(text, blank(text, at_char)).filter(|_| counted) {
            at_char = blank(text, at_char) + unit.len();
            tail.inner += usize::from(INNER.contains(&unit));
            (tail.end, gap, counted) = (at_char, 0, false);
            continue;
        }
        let Some(c) = char_at(text, at_char) else {
            break;
        };
        let next = at_char + c.len_utf8();
        counted = c.is_ascii_digit()
            || c.is_ascii_uppercase()
            || "一二三四五六七八九十甲乙丙丁东西南北".contains(c);
        let joined = gap == 0 && (c.is_ascii_alphanumeric() || "-－#".contains(c));
        gap += usize::from(!joined);
        if let Some(room) = room_behind(text, at_char) {
            tail.end = room;
            break;
        }
        let pause = "，,、 ".contains(c);
        if pause && !numbered_soon(text, next)
            || !pause && !is_part(c) && c != '#'
            || gap > GAP_CHARS
            || is_lead(text, at_char)
        {
            break;
        }
        at_char = next;
        if joined && c.is_ascii_alphanumeric() {
            tail.end = room_end(text, at_char).unwrap_or(tail.end);
        } else if ends_estate(text, at_char) && gap > 2 {
            (tail.end, gap) = (at_char, 0);
        }
    }
    tail
}

/// The end of a room number right behind a unit: 3栋502, A座1203; not where more than five digits follow.
fn room_end(text: &str, i: usize) -> Option<usize> {
    let next = at(text, i);
    (!next.is_ascii_alphanumeric() && next != b'-').then_some(i)
}

/// The end of a room number behind a blank: `21号之三 401`.
fn room_behind(text: &str, i: usize) -> Option<usize> {
    let end = run(text, i + 1, 5, |b| b.is_ascii_digit());
    let counts = char_at(text, end).is_some_and(|c| {
        "年月日元个人件条次万千百%.-:：/,".contains(c) || c.is_ascii_alphanumeric()
    });
    (at(text, i) == b' ' && matches!(end - i - 1, 3 | 4) && !counts).then_some(end)
}

fn ends_estate(text: &str, end: usize) -> bool {
    const WHOLE: &[&str] = &[
        "小区",
        "花园",
        "花苑",
        "新村",
        "公寓",
        "大厦",
        "广场",
        "家园",
        "家属院",
        "宿舍",
        "大楼",
        "写字楼",
        "园区",
        "科技园",
        "产业园",
        "工业园",
        "商城",
        "大院",
        "中心",
        "佳苑",
        "雅苑",
        "嘉园",
        "华庭",
    ];
    static LAST: Ends = Ends::last(WHOLE);
    if !char_before(text, end).is_some_and(|c| LAST.may_have(c)) {
        return false;
    }
    text.get(..end)
        .is_some_and(|head| WHOLE.iter().any(|estate| head.ends_with(estate)))
}

/// Whether a number with an inner unit follows a pause within a few characters.
fn numbered_soon(text: &str, from: usize) -> bool {
    let limit = text.floor_char_boundary(from + SOON_BYTES);
    let Some(rest) = text.get(from..limit) else {
        return false;
    };
    let digits = rest.find(|c: char| c.is_ascii_digit());
    let Some(first) = digits.filter(|first| {
        rest.get(..*first)
            .is_some_and(|gap| gap.chars().count() <= 8 && gap.chars().all(is_han))
    }) else {
        return false;
    };
    let number = run(text, from + first, usize::MAX, |b| b.is_ascii_digit());
    let behind = text.get(number..).unwrap_or_default();
    INNER.iter().any(|unit| behind.starts_with(unit))
}

/// The unit that stands at `i`.
fn unit_at(text: &str, i: usize) -> Option<&'static str> {
    static FIRST: Ends = Ends::first(UNITS);
    let rest = text.as_bytes().get(i..)?;
    // Every unit is a Han character of three bytes.
    if *rest.first()? < 0xe4 || !char_at(text, i).is_some_and(|c| FIRST.may_have(c)) {
        return None;
    }
    let unit = UNITS
        .iter()
        .find(|unit| rest.starts_with(unit.as_bytes()))?;
    let behind = text.get(i + unit.len()..).unwrap_or_default();
    let other = [
        "号码",
        "号线",
        "楼盘",
        "层面",
        "队长",
        "组长",
        "户籍",
        "号机",
        "房间号",
        "期间",
        "区间",
        "座位",
        "号文",
        "号令",
        "号公路",
    ];
    let other = other.iter().any(|word| {
        word.starts_with(unit)
            && word
                .get(unit.len()..)
                .is_some_and(|rest| behind.starts_with(rest))
    });
    (!other).then_some(*unit)
}

fn blank(text: &str, i: usize) -> usize {
    i + usize::from(at(text, i) == b' ')
}
