//! Findings as a reader sees them: the line with marks under them, why, and what would change it; English or Chinese.

use super::places::Place;
use crate::base::{Confidence, Finding, Language, View};
use crate::detect::explain::{Explained, If, Then};
use owo_colors::OwoColorize;
use std::io::{self, Write};

/// Characters that are shown of a line before and after a finding.
const AROUND_CHARS: usize = 36;

/// The language that was asked for, else the environment's.
pub(super) fn language(asked: Option<Lang>) -> Language {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match asked {
        Some(Lang::Zh) => Language::Zh,
        Some(Lang::En) => Language::En,
        None => {
            let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
            let value = names.into_iter().find_map(set);
            if value.is_some_and(|value| value.starts_with("zh")) {
                Language::Zh
            } else {
                Language::En
            }
        }
    }
}

/// A language on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// English.
    En,
    /// 中文。
    Zh,
}

/// Writes findings with their lines.
pub(super) struct Explainer<'a> {
    pub(super) text: &'a str,
    pub(super) language: Language,
}

impl Explainer<'_> {
    /// One finding: its line, marks under it, why, and what would change it.
    pub(super) fn finding(
        &self,
        one: &Explained,
        place: Place,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let finding = &one.finding;
        let margin = self.marked(finding, place, out)?;
        writeln!(out, "{margin} {}", self.why(finding).dimmed())?;
        for (change, then) in &one.changes {
            let what = self.change(*change);
            let then = self.then(*then, finding);
            writeln!(out, "{margin} {} {what} → {then}", self.say("if", "若"))?;
        }
        writeln!(out)
    }

    /// A candidate that is not sure enough.
    pub(super) fn near_miss(
        &self,
        finding: &Finding,
        place: Place,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let margin = self.marked(finding, place, out)?;
        let head = self.say("not reported, score too low:", "未报告，分值过低：");
        writeln!(
            out,
            "{margin} {}",
            format!("{head} {}", self.why(finding)).dimmed()
        )?;
        writeln!(out)
    }

    /// The line that the finding begins in, cut to its surroundings, and marks under it; returns the margin.
    fn marked(&self, finding: &Finding, place: Place, out: &mut dyn Write) -> io::Result<String> {
        let (text, span) = (self.text, finding.span);
        let line = |part: &'_ str| part.split(['\n', '\r']).next().unwrap_or_default().len();
        let head = last_chars(text.get(..span.start).unwrap_or_default(), AROUND_CHARS);
        let before = head.rsplit(['\n', '\r']).next().unwrap_or_default();
        let value = span.slice(text).unwrap_or_default();
        let whole = line(value) == value.len();
        let value = value.get(..line(value)).unwrap_or_default();
        let after = text.get(span.end..).filter(|_| whole).unwrap_or_default();
        let after = first_chars(after, AROUND_CHARS);
        let after = after.get(..line(after)).unwrap_or_default();
        let shown = |part: &str| part.replace(|c: char| c.is_control(), " ");
        let (before, value, after) = (shown(before), shown(value), shown(after));
        let number = place.line.to_string();
        let margin = format!("{} {}", " ".repeat(number.len()), "|".dimmed());
        let marked = coloured(&value, finding.confidence);
        writeln!(
            out,
            "{} {} {before}{marked}{after}",
            number.dimmed(),
            "|".dimmed()
        )?;
        let marks = coloured(&"^".repeat(width(&value).max(1)), finding.confidence);
        let label = finding.entity.label(self.language);
        // A type that a policy defines has no label but its name.
        let label = if label == finding.entity.as_str() {
            ""
        } else {
            label
        };
        let (name, sure) = (finding.entity.as_str(), self.confidence(finding.confidence));
        let blank = " ".repeat(width(&before));
        writeln!(
            out,
            "{margin} {blank}{marks} {}{}{name} · {sure} {:.2}",
            label.bold(),
            if label.is_empty() { "" } else { " " },
            finding.score
        )?;
        Ok(margin)
    }

    /// Recognizer, view, check and word, in a sentence.
    pub(super) fn why(&self, finding: &Finding) -> String {
        let why = &finding.why;
        let mut parts = vec![format!(
            "{} {}",
            self.say("recognizer", "识别器"),
            why.recognizer
        )];
        parts.push(
            match why.view {
                View::Plain => self.say("in the text as it stands", "原文"),
                View::Normalised => self.say("in the normalised text", "规范化后的文本"),
                View::Digits => self.say("in digits joined over separators", "连接分隔符后的数字"),
                View::Decoded => self.say("in decoded text", "解码后的文本"),
            }
            .to_owned(),
        );
        if let Some(check) = why.validator {
            let check = self.check(check);
            parts.push(format!("{check}{}", self.say(" holds", "通过")));
        }
        if let Some(word) = why.context {
            parts.push(match self.language {
                Language::En => format!("near `{word}`"),
                Language::Zh => format!("附近有“{word}”"),
            });
        }
        parts.join(self.say(", ", "，"))
    }

    /// What a check is, for those that have a name of their own.
    fn check<'c>(&self, check: &'c str) -> &'c str {
        let (en, zh) = match check {
            "luhn" => ("Luhn check digit", "Luhn 校验位"),
            "gb11643" => ("check digit of GB 11643", "GB 11643 校验位"),
            "gb32100" => ("check character of GB 32100", "GB 32100 校验字符"),
            "mod97" => ("check digits mod 97", "mod 97 校验位"),
            "number_plan" => ("number plan", "号段"),
            "area_rules" => ("area rules", "区段规则"),
            "entropy" => ("randomness", "随机性检查"),
            "format" => ("format", "格式检查"),
            "listed" => ("list", "名单匹配"),
            "same_row" => ("row of the table", "同一行匹配"),
            other => (other, other),
        };
        self.say(en, zh)
    }

    pub(super) fn change(&self, change: If) -> String {
        match (change, self.language) {
            (If::NoWord(word), Language::En) => format!("`{word}` were not near it"),
            (If::NoWord(word), Language::Zh) => format!("附近没有“{word}”"),
            (If::NoKey, Language::En) => "it stood under another key".to_owned(),
            (If::NoKey, Language::Zh) => "不在此键名之下".to_owned(),
            (If::WrongDigit(check), Language::En) => format!("the {} failed", self.check(check)),
            (If::WrongDigit(check), Language::Zh) => format!("{}未通过", self.check(check)),
            (If::Label(label) | If::OtherLabel(label), Language::En) => {
                format!("`{label}` stood before it")
            }
            (If::Label(label) | If::OtherLabel(label), Language::Zh) => {
                format!("前面写有“{label}”")
            }
        }
    }

    pub(super) fn then(&self, then: Then, finding: &Finding) -> String {
        match then {
            Then::Nothing => self.say("not found", "不再命中").to_owned(),
            Then::Found(entity, sure) => {
                let same = (entity, sure) == (finding.entity, finding.confidence);
                let still = if same {
                    self.say("still ", "仍为")
                } else {
                    ""
                };
                let sure = self.confidence(sure);
                if entity == finding.entity {
                    format!("{still}{sure}")
                } else {
                    format!("{} {entity}, {sure}", entity.label(self.language))
                }
            }
        }
    }

    const fn confidence(&self, confidence: Confidence) -> &'static str {
        match (self.language, confidence) {
            (Language::En, _) => confidence.as_str(),
            (Language::Zh, Confidence::High) => "高",
            (Language::Zh, Confidence::Medium) => "中",
            (Language::Zh, Confidence::Low) => "低",
        }
    }

    const fn say<'s>(&self, en: &'s str, zh: &'s str) -> &'s str {
        match self.language {
            Language::En => en,
            Language::Zh => zh,
        }
    }
}

/// The colour of a confidence; plain once it goes into a pipe.
fn coloured(text: &str, confidence: Confidence) -> String {
    match confidence {
        Confidence::High => text.red().to_string(),
        Confidence::Medium => text.yellow().to_string(),
        Confidence::Low => text.cyan().to_string(),
    }
}

fn last_chars(text: &str, most: usize) -> &str {
    let from = text.char_indices().rev().take(most).last();
    from.and_then(|(i, _)| text.get(i..)).unwrap_or_default()
}

fn first_chars(text: &str, most: usize) -> &str {
    let to = text.char_indices().nth(most).map_or(text.len(), |(i, _)| i);
    text.get(..to).unwrap_or_default()
}

/// Columns that a text takes in a terminal: two for Han characters and full-width forms, none for marks without width.
fn width(text: &str) -> usize {
    let columns = |c: char| match c {
        '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{300}'..='\u{36f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    };
    text.chars().map(columns).sum()
}

#[cfg(test)]
mod tests {
    use super::super::places::Places;
    use super::*;
    use crate::detect::{Detector, Hint};

    fn shown(text: &str, language: Language) -> String {
        let detector = Detector::built_in().unwrap();
        let explainer = Explainer { text, language };
        let mut out = Vec::new();
        let mut places = Places::new(text);
        for one in detector.explain(text, Hint::default()) {
            let place = places.at(one.finding.span.start);
            explainer.finding(&one, place, &mut out).unwrap();
        }
        anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
    }

    #[test]
    fn marks_stand_under_the_value() {
        for (text, language) in [
            ("x\n客户电话13812345678，请回电", Language::Zh),
            ("call me: 13812345678 please", Language::En),
        ] {
            let shown = shown(text, language);
            let lines: Vec<&str> = shown.lines().collect();
            let value = lines[0].find("13812345678").unwrap();
            let marks = lines[1].find('^').unwrap();
            let columns = |line: &str, at: usize| width(line.get(..at).unwrap());
            assert_eq!(
                columns(lines[0], value),
                columns(lines[1], marks),
                "{shown}"
            );
            assert!(
                lines[1].contains("^^^^^^^^^^^ ") && lines[1].contains("CN_MOBILE"),
                "{shown}"
            );
        }
    }

    #[test]
    fn a_finding_is_shown_in_its_own_line() {
        let far = "x".repeat(50);
        let text = format!("one\r\ntwo\r{far} 电话13812345678 {far}\nthree\n");
        let shown = shown(&text, Language::En);
        let line = shown.lines().next().unwrap();
        let around = |many| "x".repeat(many);
        assert_eq!(
            line,
            format!("2 | {} 电话13812345678 {}", around(33), around(35)),
            "{shown}"
        );
    }

    #[test]
    fn reasons_are_told_in_both_languages() {
        let zh = shown("卡号4111111111111111", Language::Zh);
        assert!(zh.contains("Luhn 校验位通过"), "{zh}");
        assert!(
            zh.contains("附近有“卡号”") && zh.contains("若 附近没有“卡号” →"),
            "{zh}"
        );
        let en = shown("card number 4111111111111111", Language::En);
        assert!(
            en.contains("Luhn check digit holds, near `card number`"),
            "{en}"
        );
        assert!(en.contains("if the Luhn check digit failed →"), "{en}");
    }

    #[test]
    fn widths_are_those_of_a_terminal() {
        for (text, columns) in [
            ("ab", 2),
            ("张三", 4),
            ("１３８", 6),
            ("a\u{200b}b", 2),
            ("（", 2),
        ] {
            assert_eq!(width(text), columns, "{text}");
        }
    }
}
