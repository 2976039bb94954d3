//! Moments, as people type them.

use crate::base::Timestamp;
use std::time::Duration;

/// `2026-11-24`, `2026-11-24T08:00:00Z`, or how long ago: `90s`, `15m`, `6h`, `7d`.
pub(super) fn past(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    match span(text) {
        Some(span) => {
            let span = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
            Ok(Timestamp::from_micros(now.as_micros().saturating_sub(span)))
        }
        None => moment(text),
    }
}

/// As [`past`], with a span that is still to come.
pub(super) fn future(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    let moment = match span(text) {
        Some(span) => now.plus(span),
        None => moment(text)?,
    };
    anyhow::ensure!(moment > now, "`{text}` is not in the future");
    Ok(moment)
}

fn span(text: &str) -> Option<Duration> {
    let (unit, number) = (
        text.chars().next_back()?,
        text.get(..text.len().checked_sub(1)?)?,
    );
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(
        number.parse::<u64>().ok()?.checked_mul(seconds)?,
    ))
}

fn moment(text: &str) -> anyhow::Result<Timestamp> {
    let parsed = text
        .parse::<jiff::Timestamp>()
        .or_else(|_| format!("{text}T00:00:00Z").parse::<jiff::Timestamp>());
    let micros = parsed
        .ok()
        .and_then(|time| u64::try_from(time.as_microsecond()).ok());
    micros.map(Timestamp::from_micros).ok_or_else(|| {
        anyhow::anyhow!(
            "`{text}` is no time; write 2026-11-24, 2026-11-24T08:00:00Z, 15m, 6h or 7d"
        )
    })
}

/// To the second, in UTC.
pub(super) fn text(micros: u64) -> String {
    let time = i64::try_from(micros)
        .ok()
        .and_then(|m| jiff::Timestamp::from_microsecond(m).ok());
    time.map_or_else(|| "never".to_owned(), |time| format!("{time:.0}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_764_000_000_000_000);

    #[test]
    fn spans_and_moments_are_read() {
        let ago = |seconds: u64| Some((1_764_000_000 - seconds) * 1_000_000);
        let cases = [
            ("90s", ago(90)),
            ("15m", ago(900)),
            ("6h", ago(21_600)),
            ("7d", ago(604_800)),
            ("2025-11-24", Some(1_763_942_400_000_000)),
            ("2025-11-24T16:00:00Z", Some(1_764_000_000_000_000)),
            ("", None),
            ("m", None),
            ("-3m", None),
            ("五天", None),
            ("99999999999999999999d", None),
        ];
        for (text, expected) in cases {
            assert_eq!(
                past(text, NOW).ok().map(Timestamp::as_micros),
                expected,
                "{text}"
            );
        }
        assert_eq!(future("1m", NOW).unwrap(), NOW.plus(Duration::from_mins(1)));
        assert!(future("2025-11-23", NOW).is_err());
        assert_eq!(text(NOW.as_micros()), "2025-11-24T16:00:00Z");
    }
}
