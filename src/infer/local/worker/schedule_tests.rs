use super::super::scripted::{REPLY, Scripted};
use super::*;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

fn scheduler(capacity: usize, slots: usize) -> Scheduler<Scripted> {
    Scheduler::new(
        Scripted::new(capacity, slots),
        slots,
        Arc::new(Load::default()),
    )
}

fn job(prompt: &str, max_tokens: usize) -> (Job, UnboundedReceiver<Event>) {
    let (events, receiver) = unbounded_channel();
    let sampling = Sampling {
        temperature: 0.0,
        top_p: 1.0,
        seed: 0,
        frequency_penalty: 0.0,
        presence_penalty: 0.0,
        json: false,
    };
    let job = Job {
        prompt: prompt.chars().chain([REPLY]).map(|c| c as Token).collect(),
        max_tokens,
        sampling,
        output: Output::new(vec!["STOP".to_owned()], false, false),
        salt: String::new(),
        events,
        _permit: Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap(),
    };
    (job, receiver)
}

/// Steps until nothing is left to do.
fn settle(scheduler: &mut Scheduler<Scripted>) {
    for _ in 0..10_000 {
        scheduler.step();
        if scheduler.waiting.is_empty() && scheduler.slots.iter().all(|slot| slot.work.is_none()) {
            return;
        }
    }
    panic!("it never settles");
}

/// Text, how it ended and what it cost; the end is missing where the reply broke off.
fn heard(events: &mut UnboundedReceiver<Event>) -> (String, Option<(Finish, Usage)>) {
    let (mut text, mut end) = (String::new(), None);
    while let Ok(event) = events.try_recv() {
        match event {
            Event::Delta(Delta::Content(more)) => text.push_str(&more),
            Event::Done(finish, usage) => end = Some((finish, usage)),
            Event::Delta(other) => panic!("{other:?}"),
        }
    }
    (text, end)
}

fn answer(scheduler: &mut Scheduler<Scripted>, prompt: &str) -> (String, Finish, Usage) {
    let (job, mut events) = job(prompt, 100);
    scheduler.waiting.push_back(job);
    settle(scheduler);
    let (text, end) = heard(&mut events);
    let (finish, usage) = end.unwrap();
    (text, finish, usage)
}

#[test]
fn replies_end_by_themselves_by_length_and_by_stop_string() {
    let mut scheduler = scheduler(1000, 2);
    let (text, finish, usage) = answer(&mut scheduler, "[user]hello");
    assert_eq!((text.as_str(), finish), ("hello", Finish::Stop));
    assert_eq!(
        usage,
        Usage {
            prompt: 12,
            cached: 0,
            completion: 6
        }
    );
    let (text, finish, _) = answer(&mut scheduler, "[user]one STOP two");
    assert_eq!((text.as_str(), finish), ("one ", Finish::Stop));
    let (job, mut events) = job("[user]hello", 3);
    scheduler.waiting.push_back(job);
    settle(&mut scheduler);
    let (text, end) = heard(&mut events);
    assert_eq!((text.as_str(), end.unwrap().0), ("hel", Finish::Length));
}

#[test]
fn the_next_turn_begins_where_the_last_one_ended() {
    let mut scheduler = scheduler(1000, 2);
    answer(&mut scheduler, "[user]hello");
    let (_, _, again) = answer(&mut scheduler, "[user]hello");
    assert_eq!(
        (again.prompt, again.cached),
        (12, 11),
        "one token is always computed"
    );
    let (_, _, other) = answer(&mut scheduler, "[user]help");
    assert_eq!(other.cached, "[user]hel".len());
}

#[test]
fn a_common_beginning_is_lent_and_the_lender_keeps_it() {
    let mut scheduler = scheduler(1000, 2);
    let long = format!("[system]same[user]{}", "a".repeat(200));
    answer(&mut scheduler, &long);
    let (_, _, usage) = answer(&mut scheduler, "[system]same[user]b");
    assert_eq!(usage.cached, "[system]same[user]".len());
    let (_, _, usage) = answer(&mut scheduler, &long);
    assert_eq!(usage.cached, long.len());
}

#[test]
fn other_salts_share_nothing() {
    let mut scheduler = scheduler(1000, 2);
    answer(&mut scheduler, "[user]hello");
    let (mut salted, mut events) = job("[user]hello", 100);
    salted.salt = "other".to_owned();
    scheduler.waiting.push_back(salted);
    settle(&mut scheduler);
    assert_eq!(heard(&mut events).1.unwrap().1.cached, 0);
}

#[test]
fn several_replies_at_once_do_not_mix() {
    let mut scheduler = scheduler(4000, 3);
    let texts: Vec<String> = (0..7).map(|n| format!("{n}").repeat(40 + n)).collect();
    let mut all: Vec<_> = Vec::new();
    for text in &texts {
        let (job, events) = job(&format!("[user]{text}"), 100);
        scheduler.waiting.push_back(job);
        all.push(events);
    }
    settle(&mut scheduler);
    for (events, text) in all.iter_mut().zip(&texts) {
        let (heard, end) = heard(events);
        assert_eq!((&heard, end.unwrap().0), (text, Finish::Stop));
    }
    assert!(
        scheduler.engine.largest_batch > 3,
        "prompts and replies went together"
    );
}

#[test]
fn long_prompts_are_read_in_pieces() {
    let mut scheduler = scheduler(4000, 2);
    let (text, _, usage) = answer(&mut scheduler, &format!("[user]{}]x", "y".repeat(3000)));
    assert_eq!((text.as_str(), usage.prompt), ("x", 3009));
    assert!(scheduler.engine.largest_batch <= STEP_TOKENS);
}

#[test]
fn what_does_not_fit_waits_and_kept_conversations_make_room() {
    // The scripted engine itself fails where more is held than it has room for.
    let mut scheduler = scheduler(300, 3);
    let mut all = Vec::new();
    for n in 0..6 {
        let text = format!("[user]{}", char::from(b'a' + n).to_string().repeat(50));
        let (job, events) = job(&text, 100);
        scheduler.waiting.push_back(job);
        all.push(events);
    }
    scheduler.step();
    assert_eq!(
        scheduler
            .slots
            .iter()
            .filter(|slot| slot.work.is_some())
            .count(),
        1
    );
    settle(&mut scheduler);
    for events in &mut all {
        assert_eq!(heard(events).1.map(|end| end.0), Some(Finish::Stop));
    }
}

#[test]
fn a_client_that_leaves_frees_its_slot_within_a_step() {
    let mut scheduler = scheduler(1000, 1);
    let (endless, mut events) = job("[user]endless", 900);
    let (next, mut next_events) = job("[user]next", 50);
    scheduler.waiting.extend([endless, next]);
    for _ in 0..5 {
        scheduler.step();
    }
    assert!(!heard(&mut events).0.is_empty());
    drop(events);
    scheduler.step();
    assert_eq!(scheduler.slots[0].work.as_ref().unwrap().job.max_tokens, 50);
    settle(&mut scheduler);
    assert_eq!(heard(&mut next_events).0, "next");
}

#[test]
fn a_client_that_leaves_the_queue_is_never_begun() {
    let mut scheduler = scheduler(1000, 1);
    let (first, _events) = job("[user]endless", 20);
    let (second, second_events) = job("[user]second", 20);
    scheduler.waiting.extend([first, second]);
    drop(second_events);
    scheduler.step();
    assert!(scheduler.waiting.is_empty());
}

#[test]
fn a_failed_step_breaks_off_all_and_the_next_reply_is_whole() {
    let mut scheduler = scheduler(1000, 2);
    let (bad, mut bad_events) = job("[user]fail", 50);
    let (beside, mut beside_events) = job("[user]endless", 50);
    scheduler.waiting.extend([bad, beside]);
    scheduler.step();
    assert!(heard(&mut bad_events).1.is_none() && bad_events.is_closed());
    assert!(heard(&mut beside_events).1.is_none() && beside_events.is_closed());
    assert!(scheduler.engine.sequences.iter().all(Vec::is_empty));
    assert_eq!(answer(&mut scheduler, "[user]fine").0, "fine");
}
