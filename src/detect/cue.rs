//! Finding the context words and the fixed beginnings of credentials, in one pass of one automaton.

use super::lanes::{fold, matching};
use super::recognizer::{Of, Recognizers};
use super::roles::Roles;
use super::secret;
use super::text::{at, before};
use super::words::WORDS;
use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::{BuildError, MatchKind};
use std::collections::BTreeMap;

/// What one word of the automaton stands for.
#[derive(Debug, Clone, Default)]
struct Cue {
    word: &'static str,
    roles: Roles,
    trigger: Option<Trigger>,
    /// How it is spelled, in small letters and with spaces, where folding hides that.
    spelled: Option<Box<[u8]>>,
    /// Recognizers that the word speaks for.
    leads: Vec<u16>,
    /// Recognizers that it speaks against.
    denies: Vec<u16>,
}

impl Cue {
    /// Whether digits and punctuation are the word's own.
    fn is_spelled(&self, text: &str, start: usize, end: usize) -> bool {
        let here = text.as_bytes().get(start..end).unwrap_or_default();
        self.spelled
            .as_ref()
            .is_none_or(|spelled| here.iter().copied().map(plain).eq(spelled.iter().copied()))
    }
}

/// Small letters for capitals, a space for `_` and `-`.
pub(super) const fn plain(byte: u8) -> u8 {
    match byte {
        b'_' | b'-' => b' ',
        byte => byte.to_ascii_lowercase(),
    }
}

/// Fixed text at which a recognizer of its own starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    /// A recognizer of credentials starts here.
    Credential(secret::Start),
    /// The beginning of recognizer number …
    Recognizer(u16),
    /// `at` between the parts of an address.
    AtWord,
}

const TRIGGERS: &[(&str, Trigger)] = &[
    (" at ", Trigger::AtWord),
    ("(at)", Trigger::AtWord),
    ("[at]", Trigger::AtWord),
    ("{at}", Trigger::AtWord),
    ("艾特", Trigger::AtWord),
    ("#qq.com", Trigger::AtWord),
    ("#163.com", Trigger::AtWord),
    ("#126.com", Trigger::AtWord),
    ("#139.com", Trigger::AtWord),
    ("#sina.com", Trigger::AtWord),
    ("#sohu.com", Trigger::AtWord),
    ("#aliyun.com", Trigger::AtWord),
    ("#foxmail.com", Trigger::AtWord),
    ("#yeah.net", Trigger::AtWord),
    ("#gmail.com", Trigger::AtWord),
    ("#hotmail.com", Trigger::AtWord),
    ("#outlook.com", Trigger::AtWord),
];

/// A context word in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) roles: Roles,
    pub(super) word: &'static str,
    /// Its number in the lexicon.
    pub(super) cue: u32,
}

/// A trigger in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fired {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) trigger: Trigger,
}

/// Everything that one pass found, both lists sorted by end.
#[derive(Debug, Default)]
pub(super) struct Cues {
    pub(super) hits: Vec<Hit>,
    pub(super) fired: Vec<Fired>,
}

impl Cues {
    /// Takes a match in: a trigger as it is spelled, a word where it stands for itself.
    fn take(&mut self, text: &str, start: usize, end: usize, number: usize, cue: &Cue) {
        if let Some(trigger) = cue.trigger {
            let here = text.get(start..end).unwrap_or_default();
            let counts = match trigger {
                Trigger::AtWord => here.eq_ignore_ascii_case(cue.word),
                Trigger::Credential(of) => of.counts(text, start, end, cue.word),
                Trigger::Recognizer(_) => here == cue.word,
            };
            if counts {
                self.fired.push(Fired {
                    start,
                    end,
                    trigger,
                });
            }
        } else if is_word(text, start, end) && cue.is_spelled(text, start, end) {
            push_longest(
                &mut self.hits,
                Hit {
                    start,
                    end,
                    roles: cue.roles,
                    word: cue.word,
                    cue: u32::try_from(number).unwrap_or(u32::MAX),
                },
            );
        }
    }

    /// Whether a context word stands exactly here.
    pub(super) fn stands_at(&self, start: usize, end: usize) -> bool {
        let next = self.hits.partition_point(|hit| hit.end < end);
        self.hits
            .get(next)
            .is_some_and(|hit| (hit.start, hit.end) == (start, end))
    }
}

/// The automaton and what its words mean.
#[derive(Debug)]
pub(super) struct Lexicon {
    automaton: DFA,
    cues: Vec<Cue>,
    pub(super) recognizers: &'static Recognizers,
}

impl Lexicon {
    /// Builds the automaton: some milliseconds, some megabytes.
    pub(super) fn new(recognizers: &'static Recognizers) -> Result<Self, BuildError> {
        let (mut patterns, mut table): (Vec<Vec<u8>>, Vec<Cue>) =
            words(recognizers).into_iter().map(fold_word).unzip();
        let beginnings = recognizers.all.iter().zip(0..).flat_map(|(of, index)| {
            let beginnings = of.beginnings.iter().copied();
            beginnings.map(move |literal| (literal, Trigger::Recognizer(index)))
        });
        let fixed = TRIGGERS.iter().copied().chain(beginnings);
        let fixed = fixed.map(|(literal, trigger)| (literal.as_bytes().to_vec(), literal, trigger));
        let credentials = secret::starts()
            .into_iter()
            .map(|(pattern, word, start)| (pattern, word, Trigger::Credential(start)));
        for (pattern, word, trigger) in fixed.chain(credentials) {
            patterns.push(pattern.into_iter().map(fold).collect());
            table.push(Cue {
                word,
                trigger: Some(trigger),
                ..Cue::default()
            });
        }
        let automaton = DFA::builder()
            .match_kind(MatchKind::Standard)
            .prefilter(false)
            .build(&patterns)?;
        Ok(Self {
            automaton,
            cues: table,
            recognizers,
        })
    }

    /// The recognizers that a word speaks for.
    pub(super) fn leads(&self, cue: u32) -> &[u16] {
        self.cues.get(cue as usize).map_or(&[], |cue| &cue.leads)
    }

    /// The recognizers that a word speaks against.
    pub(super) fn denies(&self, cue: u32) -> &[u16] {
        self.cues.get(cue as usize).map_or(&[], |cue| &cue.denies)
    }

    /// Memory that the automaton takes, in bytes.
    #[cfg(test)]
    pub(super) fn memory_bytes(&self) -> usize {
        self.automaton.memory_usage()
    }

    /// One pass over the text.
    pub(super) fn find(&self, text: &str) -> Cues {
        let mut found = Cues::default();
        for (end, state) in matching(&self.automaton, text.as_bytes()) {
            for i in 0..self.automaton.match_len(state) {
                let pattern = self.automaton.match_pattern(state, i);
                let start = end - self.automaton.pattern_len(pattern).min(end);
                if let Some(cue) = self.cues.get(pattern.as_usize()) {
                    found.take(text, start, end, pattern.as_usize(), cue);
                }
            }
        }
        found
    }
}

/// Every word in every spelling: those with roles, and those of recognizers.
fn words(recognizers: &'static Recognizers) -> BTreeMap<Vec<u8>, Cue> {
    let mut cues: BTreeMap<Vec<u8>, Cue> = BTreeMap::new();
    for (roles, words) in WORDS.iter().chain(secret::labels::WORDS) {
        for word in words.split('|') {
            add(&mut cues, word, |cue| cue.roles = cue.roles | *roles);
        }
    }
    for (of, index) in recognizers.all.iter().zip(0..) {
        for word in &of.near {
            let mut roles = head_roles(&cues, word);
            if of.of == Of::Number {
                roles = roles | Roles::OTHER;
            }
            if of.finds_places() {
                roles = Roles::PLACE;
            }
            add(&mut cues, word, |cue| {
                cue.roles = cue.roles | roles;
                cue.leads.push(index);
            });
        }
        for word in &of.not_near {
            add(&mut cues, word, |cue| cue.denies.push(index));
        }
    }
    cues
}

fn add(cues: &mut BTreeMap<Vec<u8>, Cue>, word: &'static str, take: impl Fn(&mut Cue)) {
    for spelling in spellings(word) {
        take(cues.entry(spelling).or_insert_with(|| Cue {
            word,
            ..Cue::default()
        }));
    }
}

/// What the end of a longer word says by itself, which the longer word hides: 银行账号 is an 账号 too.
fn head_roles(cues: &BTreeMap<Vec<u8>, Cue>, word: &str) -> Roles {
    let ends = word
        .char_indices()
        .skip(1)
        .filter_map(|(i, _)| word.get(i..));
    ends.filter_map(|end| cues.get(&plain_word(end)))
        .map(|cue| cue.roles)
        .filter(|roles| !roles.any(Roles::NEGATIVE))
        .fold(Roles::default(), |all, roles| all | roles)
}

/// A word with spaces also stands without them (and, folded, with `_` and `-`).
pub(super) fn spellings(word: &str) -> Vec<Vec<u8>> {
    let whole = plain_word(word);
    let joined: Vec<u8> = whole.iter().copied().filter(|b| *b != b' ').collect();
    if joined.len() == whole.len() {
        return vec![whole];
    }
    vec![whole, joined]
}

fn plain_word(word: &str) -> Vec<u8> {
    word.bytes().map(plain).collect()
}

/// A word as the automaton is given it, and what folding hides.
fn fold_word((word, mut cue): (Vec<u8>, Cue)) -> (Vec<u8>, Cue) {
    let hides = |b: &u8| b.is_ascii() && !b.is_ascii_lowercase() && *b != b' ';
    let folded = word.iter().copied().map(fold).collect();
    cue.spelled = word.iter().any(hides).then(|| word.into_boxed_slice());
    (folded, cue)
}

/// A longer word hides the shorter ones inside it: 支付密码 is no 密码.
fn push_longest(hits: &mut Vec<Hit>, hit: Hit) {
    if hits
        .last()
        .is_some_and(|last| last.end == hit.end && last.start <= hit.start)
    {
        return;
    }
    while hits.last().is_some_and(|last| last.start >= hit.start) {
        hits.pop();
    }
    hits.push(hit);
}

/// Whether an English word stands for itself here, and is not a piece of a longer one: not `ip` in `ship`, but
/// `phone` in `userPhone` and `user_phones`. Han words need no borders.
pub(super) fn is_word(text: &str, start: usize, end: usize) -> bool {
    let (first, last) = (at(text, start), before(text, end));
    let opens = !first.is_ascii_alphanumeric() || {
        let prev = before(text, start);
        let hump = prev.is_ascii_lowercase() || at(text, start + 1).is_ascii_lowercase();
        !prev.is_ascii_alphabetic() || (first.is_ascii_uppercase() && hump)
    };
    let closes = !last.is_ascii_alphanumeric() || {
        let next = if matches!(at(text, end), b's' | b'S') {
            at(text, end + 1)
        } else {
            at(text, end)
        };
        !next.is_ascii_alphabetic() || (last.is_ascii_lowercase() && next.is_ascii_uppercase())
    };
    opens && closes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> Lexicon {
        Lexicon::new(super::super::recognizer::built_in().unwrap()).unwrap()
    }

    fn words(text: &str) -> Vec<&'static str> {
        lexicon().find(text).hits.iter().map(|h| h.word).collect()
    }

    #[test]
    fn words_are_found_whole_and_longest() {
        for (text, expected) in [
            ("his ship", &[] as &[&str]),
            ("userPhone id_card", &["phone", "id card"]),
            ("身份证号码", &["身份证号码"]),
            ("支付密码", &["支付密码"]),
            ("PHONES", &["phone"]),
            ("iphone", &[]),
            ("订单号", &["订单号"]),
        ] {
            let found = words(text);
            for word in expected {
                assert!(found.contains(word), "{text}: {found:?}");
            }
            assert_eq!(found.is_empty(), expected.is_empty(), "{text}: {found:?}");
        }
        assert!(!words("支付密码").contains(&"密码"));
    }

    #[test]
    fn triggers_keep_their_case() {
        let lexicon = lexicon();
        let fired = |text: &str| {
            lexicon
                .find(text)
                .fired
                .iter()
                .map(|f| f.trigger)
                .collect::<Vec<_>>()
        };
        assert_eq!(fired("x eyJ"), [Trigger::Credential(secret::Start::Jwt)]);
        assert_eq!(fired("x eyj"), []);
    }
}
