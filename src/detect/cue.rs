//! Finding the context words and the fixed beginnings of credentials, in one pass of one automaton.

use super::lanes::matching;
use super::roles::Roles;
use super::secret;
use super::text::{at, before};
use super::words::WORDS;
use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::{BuildError, MatchKind};
use std::collections::BTreeMap;

/// What one word of the automaton stands for.
#[derive(Debug, Clone, Copy)]
struct Cue {
    word: &'static str,
    roles: Roles,
    trigger: Option<Trigger>,
}

/// Fixed text at which a recognizer of its own starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    /// A recognizer of credentials starts here.
    Credential(secret::Start),
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
    fn take(&mut self, text: &str, start: usize, end: usize, cue: &Cue) {
        if let Some(trigger) = cue.trigger {
            let spelled = text.get(start..end).is_some_and(|here| here == cue.word);
            let counts = match trigger {
                Trigger::AtWord => true,
                Trigger::Credential(of) => of.counts(text, start, end, spelled),
            };
            if counts {
                self.fired.push(Fired {
                    start,
                    end,
                    trigger,
                });
            }
        } else if is_word(text, start, end) {
            push_longest(
                &mut self.hits,
                Hit {
                    start,
                    end,
                    roles: cue.roles,
                    word: cue.word,
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
}

impl Lexicon {
    /// Builds the automaton: some milliseconds, some megabytes.
    pub(super) fn new() -> Result<Self, BuildError> {
        let mut cues: BTreeMap<String, Cue> = BTreeMap::new();
        for (roles, words) in WORDS.iter().chain(secret::labels::WORDS) {
            for word in words.split('|') {
                for spelling in spellings(word) {
                    let cue = Cue {
                        word,
                        roles: Roles::default(),
                        trigger: None,
                    };
                    let cue = cues.entry(spelling).or_insert(cue);
                    cue.roles = cue.roles | *roles;
                }
            }
        }
        let (mut patterns, mut table): (Vec<String>, Vec<Cue>) = cues.into_iter().unzip();
        let fixed = TRIGGERS
            .iter()
            .map(|(text, trigger)| ((*text).to_owned(), *text, *trigger));
        let credentials = secret::starts()
            .into_iter()
            .map(|(pattern, word, start)| (pattern, word, Trigger::Credential(start)));
        for (pattern, word, trigger) in fixed.chain(credentials) {
            patterns.push(pattern);
            table.push(Cue {
                word,
                roles: Roles::default(),
                trigger: Some(trigger),
            });
        }
        let automaton = DFA::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .prefilter(false)
            .build(&patterns)?;
        Ok(Self {
            automaton,
            cues: table,
        })
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
                    found.take(text, start, end, cue);
                }
            }
        }
        found
    }
}

/// A word with spaces also stands with `_`, with `-` and without.
pub(super) fn spellings(word: &str) -> Vec<String> {
    let lower = word.to_ascii_lowercase();
    if !lower.contains(' ') {
        return vec![lower];
    }
    let mut all: Vec<String> = ["_", "-", ""]
        .iter()
        .map(|sep| lower.replace(' ', sep))
        .collect();
    all.push(lower);
    all
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

    fn words(text: &str) -> Vec<&'static str> {
        Lexicon::new()
            .unwrap()
            .find(text)
            .hits
            .iter()
            .map(|h| h.word)
            .collect()
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
        let lexicon = Lexicon::new().unwrap();
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
