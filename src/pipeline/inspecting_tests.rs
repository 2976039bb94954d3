//! What is read again, and what happens when time runs out, with a scripted tagger and a clock that is held.

use super::inspecting::{Inspection, Inspector};
use crate::base::{Clock, EntityType, Span, Timestamp};
use crate::detect::Detector;
use crate::detect::tagger::{Script, Tag, Tagger, TaggerError, Unread};
use crate::protocol::{Format, Limits, Request};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Takes 甲乙丙 for a name, counts its windows, and needs so long for each.
#[derive(Debug)]
struct Scripted {
    windows: AtomicUsize,
    clock: Clock,
    each: Duration,
}

impl Tagger for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn script(&self) -> Script {
        Script::Han
    }

    fn window_bytes(&self) -> usize {
        600
    }

    fn tag(&self, window: &str) -> Result<Vec<Tag>, TaggerError> {
        self.windows.fetch_add(1, Ordering::Relaxed);
        self.clock.advance(self.each);
        let tag = |(start, name): (usize, &str)| Tag {
            span: Span::new(start, start + name.len()),
            entity: EntityType::named("PERSON").unwrap(),
            score: 1.0,
        };
        Ok(window.match_indices("甲乙丙").map(tag).collect())
    }
}

/// An inspector with a tagger that takes `each_ms` for a window, and may take `budget_ms` for a request.
fn inspector(each_ms: u64, budget_ms: u64) -> (Inspector, Arc<Scripted>) {
    let clock = Clock::manual(Timestamp::from_micros(0));
    let tagger = Arc::new(Scripted {
        windows: AtomicUsize::new(0),
        clock: clock.clone(),
        each: Duration::from_millis(each_ms),
    });
    let detector = Detector::built_in().unwrap();
    let detector = detector.with_taggers(vec![Arc::clone(&tagger) as Arc<dyn Tagger>]);
    let limits = (Duration::from_millis(budget_ms), 1);
    (Inspector::new(detector, [7; 32], clock, limits), tagger)
}

async fn inspect(inspector: &Inspector, texts: &[String]) -> Inspection {
    let message = |text: &String| json!({"role": "user", "content": text});
    let messages: Vec<_> = texts.iter().map(message).collect();
    let body = json!({"messages": messages}).to_string();
    let request = Request::parse(Format::Chat, body.into(), &Limits::default()).unwrap();
    inspector.inspect(&Arc::new(request), &[]).await.unwrap()
}

fn persons(inspection: &Inspection) -> usize {
    let all = inspection
        .findings
        .iter()
        .flat_map(|findings| findings.iter());
    all.filter(|finding| finding.entity.as_str() == "PERSON")
        .count()
}

#[tokio::test]
async fn a_conversation_of_forty_turns_reads_only_what_is_new() {
    let (inspector, tagger) = inspector(0, 1000);
    let mut texts = Vec::new();
    for turn in 1..=40 {
        texts.push(format!("这是第{turn}次提问，甲乙丙什么时候来？请回答。"));
        texts.push(format!("这是第{turn}次回答，他明天来。"));
        let before = tagger.windows.load(Ordering::Relaxed);
        let inspection = inspect(&inspector, &texts).await;
        assert_eq!(tagger.windows.load(Ordering::Relaxed) - before, 3, "{turn}");
        assert_eq!((persons(&inspection), inspection.unread), (turn, None));
    }
}

#[tokio::test]
async fn what_is_not_read_in_time_is_told_and_not_remembered() {
    let long =
        ["他明天来，请等我们一会儿，电话13812345678。".to_owned() + &"甲乙丙也来。".repeat(30)];
    for (budget_ms, unread) in [(100, Some(Unread::Late)), (1000, None)] {
        let (inspector, tagger) = inspector(30, budget_ms);
        let inspection = inspect(&inspector, &long).await;
        assert_eq!(inspection.unread, unread);
        assert!(persons(&inspection) >= 3);
        let phone = |(entity, _): &(EntityType, _)| entity.as_str() == "CN_MOBILE";
        assert!(inspection.seen.iter().any(phone), "rules read all of it");
        let before = tagger.windows.load(Ordering::Relaxed);
        inspect(&inspector, &long).await;
        let again = tagger.windows.load(Ordering::Relaxed) - before;
        assert_eq!(again > 0, unread.is_some(), "{again}");
    }
}
