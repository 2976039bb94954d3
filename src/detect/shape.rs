//! Which number a window of digits is: resident ID, card, telephone, social security number.
//!
//! Shape, number plan and check digit come first, then the words near: a telling shape stands alone, a weak one needs
//! its word, and words for another kind of number (订单号, `serial`) speak against it ([`Doubt`]).

use super::check;
use super::number::{Group, Joint, MOST_DIGITS};
use super::page::{Candidate, Doubt, Near, Page};
use super::roles::Roles;
use super::text::{at, before, char_before};
use crate::base::Span;

/// The score of a telling value that a word makes less sure: medium, so that a policy decides.
const LOWERED: f32 = 0.6;

/// Some neighbouring digit groups.
#[derive(Debug)]
pub(super) struct Window<'a> {
    pub(super) digits: [u8; MOST_DIGITS],
    pub(super) len: usize,
    pub(super) groups: &'a [Group],
    /// With plus sign and bracket.
    pub(super) span: Span,
    /// Stands in the middle of something longer.
    pub(super) embedded: bool,
    /// Every group of its stream.
    pub(super) whole: bool,
    pub(super) plus: bool,
}

impl Window<'_> {
    fn digits(&self) -> &[u8] {
        self.digits.get(..self.len).unwrap_or_default()
    }

    fn is_contiguous(&self) -> bool {
        self.groups.len() == 1
    }

    /// Whether the groups have these lengths.
    fn is_grouped(&self, lens: &[usize]) -> bool {
        self.groups.len() == lens.len()
            && self
                .groups
                .iter()
                .zip(lens)
                .all(|(g, len)| g.end - g.start == *len)
    }

    /// One separator throughout, and groups of one length but for the last.
    fn is_regular(&self) -> bool {
        let mut joints = self.groups.iter().skip(1).map(|g| g.joint);
        let one = joints
            .next()
            .is_some_and(|first| joints.all(|joint| joint == first));
        let size = self.groups.first().map_or(0, |g| g.end - g.start);
        let (last, rest) = self
            .groups
            .split_last()
            .map_or((0, self.groups), |(l, r)| (l.end - l.start, r));
        one && self.whole && last <= size && rest.iter().all(|g| g.end - g.start == size)
            || self.is_cut_by_line()
    }

    /// Two pieces, broken by a line end.
    fn is_cut_by_line(&self) -> bool {
        self.whole
            && self.groups.len() == 2
            && self.groups.get(1).is_some_and(|g| g.joint == Joint::Line)
    }

    /// Digit by digit, all of them.
    fn is_spelled_out(&self) -> bool {
        self.is_regular() && self.groups.iter().all(|g| g.end - g.start == 1)
    }

    /// A row of a hex dump rather than a card.
    fn is_mostly_zeros(&self) -> bool {
        self.digits()
            .iter()
            .map(|d| usize::from(*d == b'0'))
            .sum::<usize>()
            * 2
            > self.len
    }

    fn has_joint(&self, joint: Joint) -> bool {
        self.groups.iter().any(|g| g.joint == joint)
    }

    /// Whether every separator is one of these.
    fn joints_are(&self, of: &[Joint]) -> bool {
        self.groups.iter().skip(1).all(|g| of.contains(&g.joint))
    }
}

/// Whether so many digits in so many groups can be anything: pieces of a stream (`whole`: all of it) are read only as
/// such numbers are grouped.
pub(super) const fn may_be(digits: usize, groups: usize, whole: bool) -> bool {
    match digits {
        0..=2 => false,
        3..=6 => groups == 1,
        _ if whole => true,
        7..=8 => groups <= 2,
        9 => groups == 1 || groups == 3,
        _ => groups <= 5,
    }
}

/// The best reading of a window, or `None`.
pub(super) fn classify(page: &Page<'_>, w: &Window<'_>) -> Option<Candidate> {
    match w.len {
        3..=4 => short(page, w),
        5..=6 => pin(page, w),
        7..=8 => local_phone(page, w)
            .or_else(|| other_phone(page, w))
            .or_else(|| pin(page, w)),
        9 => ssn(page, w).or_else(|| other_phone(page, w)),
        10 => nanp(page, w, 0)
            .or_else(|| landline(page, w, 0))
            .or_else(|| other_phone(page, w)),
        11 => mobile(page, w, 0)
            .or_else(|| landline(page, w, 0))
            .or_else(|| nanp(page, w, 1))
            .or_else(|| other_phone(page, w)),
        12 => landline(page, w, 0)
            .or_else(|| landline(page, w, 2))
            .or_else(|| card(page, w))
            .or_else(|| other_phone(page, w)),
        13 => mobile(page, w, 2)
            .or_else(|| landline(page, w, 2))
            .or_else(|| card(page, w)),
        14 => card(page, w).or_else(|| international(page, w)),
        15 => mobile(page, w, 4)
            .or_else(|| old_resident(page, w))
            .or_else(|| card(page, w)),
        18 => resident(page, w).or_else(|| card(page, w)),
        16 | 17 | 19 => card(page, w),
        _ => None,
    }
}

/// Resident ID of 18 characters: its check digit and date are enough, a label keeps one with a wrong check digit.
fn resident(page: &Page<'_>, w: &Window<'_>) -> Option<Candidate> {
    if !check::is_resident_form(w.digits()) {
        return None;
    }
    let near = page.near(w.span, Roles::ID);
    let base = |score| {
        Candidate::new(w.span, page.types.cn_resident_id, score, "cn_resident_id").near(word(near))
    };
    if check::resident_check(w.digits()) {
        let plain = w.is_contiguous()
            || w.is_regular()
            || w.is_grouped(&[6, 8, 4])
            || w.is_grouped(&[6, 4, 4, 4]);
        let free = !w.embedded || near.is_some();
        return (plain && free)
            .then(|| base(if near.is_some() { 0.99 } else { 0.95 }).checked("gb11643"));
    }
    let labelled = near.is_some() && !w.embedded && page.doubt(w.span.start) == Doubt::None;
    (labelled && (w.is_contiguous() || w.is_regular())).then(|| base(0.8))
}

fn old_resident(page: &Page<'_>, w: &Window<'_>) -> Option<Candidate> {
    let fits = check::is_old_resident_form(w.digits()) && w.is_contiguous() && !w.embedded;
    let near = fits.then(|| page.near(w.span, Roles::ID))??;
    Some(
        Candidate::new(w.span, page.types.cn_resident_id, 0.85, "cn_resident_id_15")
            .near(Some(near.word)),
    )
}

/// A mobile number behind `country` digits of a country code (86, 0086).
fn mobile(page: &Page<'_>, w: &Window<'_>, country: usize) -> Option<Candidate> {
    let (code, number) = w.digits().split_at_checked(country)?;
    let coded = matches!(code, b"86" | b"0086");
    if !check::is_cn_mobile(number) || !(coded || country == 0) {
        return None;
    }
    let doubt = page.label_doubt(w.span.start);
    let span = with_country_code(page.text, w);
    let near = page.near(w.span, Roles::PHONE);
    let split = w.joints_are(&[Joint::Space, Joint::Dash, Joint::Bracket]);
    let threes = w.is_grouped(&[3, 4, 4]) || w.is_grouped(&[country, 3, 4, 4]);
    let bracketed =
        w.has_joint(Joint::Bracket) && (w.is_grouped(&[3, 8]) || w.is_grouped(&[country, 3, 8]));
    let canonical =
        w.is_contiguous() || split && (threes || bracketed || w.is_grouped(&[country, 11]));
    let free = !w.embedded && w.whole && before(page.text, w.span.start) != b'/';
    let score = match (canonical, near.is_some()) {
        (_, true) if w.embedded && !canonical => return None,
        (true, true) => 0.95,
        (true, false) if w.embedded => return None,
        (true, false) if coded && (w.plus || country == 4) => 0.9,
        (true, false) => 0.75,
        (false, true) if w.is_regular() || threes && free => 0.8,
        (false, false) if free && threes => LOWERED,
        (false, false) if free && w.is_spelled_out() => LOWERED,
        _ => return None,
    };
    let score = match doubt {
        Doubt::None => score,
        Doubt::Lowers => LOWERED.min(score),
        Doubt::Number | Doubt::Hash => return None,
    };
    Some(
        Candidate::new(span, page.types.cn_mobile, score, "cn_mobile")
            .checked("number_plan")
            .near(word(near)),
    )
}

/// `(+86)` in brackets of its own goes along.
fn with_country_code(text: &str, w: &Window<'_>) -> Span {
    match char_before(text, w.span.start) {
        Some(c @ ('(' | '（')) if w.has_joint(Joint::Bracket) => {
            Span::new(w.span.start - c.len_utf8(), w.span.end)
        }
        _ => w.span,
    }
}

/// A landline number; behind the country code the area code has lost its zero.
fn landline(page: &Page<'_>, w: &Window<'_>, country: usize) -> Option<Candidate> {
    let (code, number) = w.digits().split_at_checked(country)?;
    let mut national = [b'0'; MOST_DIGITS + 1];
    let from = usize::from(country != 0);
    let digits = national.get_mut(from..from + number.len())?;
    digits.copy_from_slice(number);
    if (country != 0 && code != b"86")
        || !check::is_cn_landline(national.get(..from + number.len())?)
        || page.label_doubt(w.span.start) != Doubt::None
    {
        return None;
    }
    let near = page.near(w.span, Roles::PHONE);
    let area = w
        .groups
        .get(usize::from(country != 0))
        .map_or(0, |g| g.end - g.start);
    let split = w.joints_are(&[Joint::Dash, Joint::Bracket, Joint::Space])
        && (2..=4).contains(&w.groups.len())
        && (area == 3 || area == 4 || country != 0 && area < 4);
    let score = match near {
        Some(_) if !w.embedded && (split || w.is_contiguous()) => 0.9,
        None if !w.embedded && split && (w.plus || !w.joints_are(&[Joint::Space])) => 0.7,
        _ => return None,
    };
    Some(
        Candidate::new(w.span, page.types.cn_landline, score, "cn_landline")
            .checked("number_plan")
            .near(word(near)),
    )
}

/// A North American number behind `country` digits (a 1).
fn nanp(page: &Page<'_>, w: &Window<'_>, country: usize) -> Option<Candidate> {
    let (code, number) = w.digits().split_at_checked(country)?;
    if !check::is_nanp(number)
        || (country == 1 && code != b"1")
        || w.embedded
        || page.label_doubt(w.span.start) != Doubt::None
    {
        return None;
    }
    let near = page.near(w.span, Roles::PHONE);
    let grouped = w.is_grouped(&[3, 3, 4])
        || w.is_grouped(&[1, 3, 3, 4])
        || (country == 1 && w.is_grouped(&[1, 10]));
    let grouped = grouped && w.joints_are(&[Joint::Space, Joint::Dash, Joint::Dot, Joint::Bracket]);
    let spaced = w.joints_are(&[Joint::Space]);
    let score = match (grouped, near.is_some()) {
        (true, true) => 0.9,
        (true, false) if !spaced || w.plus => 0.7,
        (false, true) if w.is_contiguous() && page.label(w.span.start, Roles::PHONE).is_some() => {
            0.75
        }
        _ => return None,
    };
    let span = with_country_code(page.text, w);
    Some(
        Candidate::new(span, page.types.phone, score, "phone_nanp")
            .checked("number_plan")
            .near(word(near)),
    )
}

/// `+` and a country code (ITU-T E.164: at most 15 digits).
fn international(page: &Page<'_>, w: &Window<'_>) -> Option<Candidate> {
    let first = w.digits().first()?;
    let sum = char_before(page.text, w.span.start)
        .is_some_and(|c| c.is_ascii_alphanumeric() || ")]}".contains(c));
    let sum = sum || at(page.text, w.span.end) == b':';
    let fits = w.plus
        && w.whole
        && *first != b'0'
        && !w.embedded
        && !sum
        && !w.has_joint(Joint::Line)
        && w.groups.len() <= 6;
    let near = fits.then(|| page.near(w.span, Roles::PHONE))?;
    let telling = near.is_some() || w.len >= 10;
    (telling && page.label_doubt(w.span.start) == Doubt::None).then(|| {
        Candidate::new(w.span, page.types.phone, 0.8, "phone_international").near(word(near))
    })
}

/// A foreign number: with `+`, or in groups behind a word for telephones.
fn other_phone(page: &Page<'_>, w: &Window<'_>) -> Option<Candidate> {
    international(page, w).or_else(|| grouped_phone(page, w))
}

fn grouped_phone(page: &Page<'_>, w: &Window<'_>) -> Option<Candidate> {
    let joints =
        w.joints_are(&[Joint::Space, Joint::Dash, Joint::Bracket]) || w.joints_are(&[Joint::Dot]);
    let date = w.is_grouped(&[4, 2, 2]) || w.is_grouped(&[2, 2, 4]);
    let fits = (2..=5).contains(&w.groups.len())
        && w.len >= 8
        && w.whole
        && joints
        && !date
        && !w.embedded;
    let near = fits.then(|| page.word_before(w.span.start, Roles::NUMERIC))??;
    let phone = near.roles.any(Roles::PHONE) && page.label_doubt(w.span.start) == Doubt::None;
    phone.then(|| {
        Candidate::new(w.span, page.types.phone, 0.65, "phone_grouped").near(Some(near.word))
    })
}

/// Seven or eight digits behind a telephone label.
fn local_phone(page: &Page<'_>, w: &Window<'_>) -> Option<Candidate> {
    let fits = !w.embedded && (w.is_contiguous() || w.is_grouped(&[4, 4]) || w.is_grouped(&[3, 4]));
    let label = fits.then(|| page.label(w.span.start, Roles::PHONE))??;
    let starts = matches!(w.digits().first(), Some(b'2'..=b'8'));
    (starts && !is_date(w.digits()) && nothing_glued(page.text, w.span)).then(|| {
        Candidate::new(w.span, page.types.phone, 0.6, "phone_local").near(Some(label.word))
    })
}

fn is_date(digits: &[u8]) -> bool {
    digits.len() == 8
        && matches!(
            check::number(digits.get(..4).unwrap_or_default()),
            1900..=2099
        )
}

fn nothing_glued(text: &str, span: Span) -> bool {
    !before(text, span.start).is_ascii_alphanumeric() && !at(text, span.end).is_ascii_alphanumeric()
}

fn ssn(page: &Page<'_>, w: &Window<'_>) -> Option<Candidate> {
    if !check::is_ssn(w.digits()) || w.embedded {
        return None;
    }
    let near = page.near(w.span, Roles::SSN);
    let grouped = w.is_grouped(&[3, 2, 4]);
    let dashed = w.joints_are(&[Joint::Dash]);
    let score = match (near, page.doubt(w.span.start)) {
        (Some(_), _) if grouped || w.is_contiguous() || w.is_regular() => 0.9,
        (None, Doubt::None) if grouped && dashed && w.whole => 0.7,
        (None, Doubt::Lowers) if grouped && dashed && w.whole => LOWERED,
        _ => return None,
    };
    Some(
        Candidate::new(w.span, page.types.us_ssn, score, "us_ssn")
            .checked("area_rules")
            .near(word(near)),
    )
}

/// A bank card: issuer range, length and Luhn; a label keeps one whose check digit fails or whose range is rare.
fn card(page: &Page<'_>, w: &Window<'_>) -> Option<Candidate> {
    let in_range = check::is_card_range(w.digits());
    let right = check::luhn(w.digits());
    if !in_range && !right {
        return None;
    }
    let near = page.near(w.span, Roles::CARD);
    if !in_range && near.is_none() {
        return None;
    }
    let doubt = page.doubt(w.span.start);
    // `payment_order_no` speaks for a card and for an order.
    let vouched = near.is_some_and(|near| !near.roles.any(Roles::NEGATIVE));
    if doubt == Doubt::Hash || !(in_range || vouched && doubt == Doubt::None) {
        return None;
    }
    let canonical = w.is_contiguous() || is_card_grouping(w);
    let base =
        |score| Candidate::new(w.span, page.types.bank_card, score, "bank_card").near(word(near));
    if !right {
        let kept = vouched && canonical && !w.embedded && in_range && doubt == Doubt::None;
        let kept = kept && page.label(w.span.start, Roles::CARD).is_some();
        return kept.then(|| base(0.8));
    }
    let score = match near {
        Some(_) if canonical || w.is_regular() => 0.97,
        None if w.embedded || !is_common_length(w) => return None,
        None if w.is_contiguous() => 0.85,
        None if canonical && w.whole && !w.is_mostly_zeros() => 0.85,
        None if w.is_regular() && w.groups.len() <= 7 && !w.is_mostly_zeros() => 0.6,
        None if w.is_spelled_out() && !w.is_mostly_zeros() => LOWERED,
        _ => return None,
    };
    let lowered = doubt != Doubt::None;
    Some(base(if lowered { LOWERED.min(score) } else { score }).checked("luhn"))
}

/// Lengths in wide use: 16, 15 for Amex, up to 19 for `UnionPay` and the old ICBC range.
fn is_common_length(w: &Window<'_>) -> bool {
    matches!(w.len, 15 | 16) || w.digits().starts_with(b"62") || w.digits().starts_with(b"9558")
}

fn is_card_grouping(w: &Window<'_>) -> bool {
    let one_joint = w.joints_are(&[Joint::Space]) || w.joints_are(&[Joint::Dash]);
    let fours = w.groups.iter().rev().skip(1).all(|g| g.end - g.start == 4);
    one_joint
        && (fours && w.groups.len() >= 4
            || w.is_grouped(&[4, 6, 5])
            || w.is_grouped(&[4, 6, 4])
            || w.is_grouped(&[6, 13]))
}

/// Three or four digits behind `CVV`, four behind `PIN`.
fn short(page: &Page<'_>, w: &Window<'_>) -> Option<Candidate> {
    if !w.is_contiguous() || !nothing_glued(page.text, w.span) {
        return None;
    }
    let label = page.label(w.span.start, Roles::CVV | Roles::PIN)?;
    if label.roles.any(Roles::CVV) {
        return Some(Candidate::new(w.span, page.types.cvv, 0.9, "cvv").near(Some(label.word)));
    }
    pin(page, w)
}

fn pin(page: &Page<'_>, w: &Window<'_>) -> Option<Candidate> {
    let fits = (4..=8).contains(&w.len) && w.is_contiguous() && nothing_glued(page.text, w.span);
    let label = fits.then(|| page.label(w.span.start, Roles::PIN))??;
    if label.roles.any(Roles::MEASURE) {
        return None;
    }
    Some(Candidate::new(w.span, page.types.pin, 0.85, "pin").near(Some(label.word)))
}

fn word(near: Option<Near>) -> Option<&'static str> {
    near.map(|near| near.word)
}
