//! How fast a detector is built and reads: tiny leaves, 1 KB messages, 256 KB of mixed text, of prose, and of what is slow.
//!
//! All recognizers are on. `cargo bench --bench detect` prints the first build and the percentiles of 1 KB ahead.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Instant;
use vestibule::detect::{Detector, Hint};

/// English and Chinese prose, code, a log line and a few values, as a chat brings them.
const PARAGRAPHS: &[&str] = &[
    "Please summarise the minutes below and list the open questions; keep the tone friendly and under two hundred words.\n",
    "请帮我把下面这段会议纪要整理成要点，注意保留时间、负责人和下一步安排，语气尽量简洁。数据库迁移放到下个月，接口文档由后端同事补齐。\n",
    "fn total(items: &[Item]) -> u64 { items.iter().map(|item| item.price * 100).sum() } // see issue 4127\n",
    "2026-11-24T09:59:42.123456Z INFO [worker-7] request 7d9f3c1e-58a4-4f0b-9d2e-6b1c0a8f4e21 took 183 ms, 20480 bytes\n",
    "客户反馈登录页面加载缓慢，初步排查是静态资源没有走缓存，建议先调整过期时间，再观察一周的访问日志。\n",
    "The driver retries three times with exponential back-off before it gives up, which explains the long tail in the graph.\n",
    "他说订单号20261124000138还没有发货，麻烦查一下物流，收货电话13912345678，谢谢。\n",
    "{\"level\":\"warn\",\"path\":\"/v1/orders\",\"status\":503,\"user\":\"li.na@example.com\",\"trace\":\"5e35c6d23b76f643\"}\n",
];

fn text(bytes: usize) -> String {
    let mut text: String = PARAGRAPHS
        .iter()
        .copied()
        .cycle()
        .take(bytes / 60 + 8)
        .collect();
    text.truncate(text.floor_char_boundary(bytes));
    text
}

/// Prose without a finding, which is most of what people send.
const CHINESE: &str = "春天来了，院子里的桃花开得正盛，老人坐在石阶上晒太阳，孩子们在巷口追逐打闹，远处传来卖豆腐的吆喝声。\n";
const ENGLISH: &str = "After a long pause the old man put down his cup, looked out of the window and said that the river was high.\n";
/// A table whose every row has two findings.
const ROW: &str = "li.na@example.com,13912345678,20261124000138,100.00\n";

fn repeated(part: &str, bytes: usize) -> String {
    let mut text = part.repeat(bytes / part.len() + 1);
    text.truncate(text.floor_char_boundary(bytes));
    text
}

/// Runs of one text of which the hundredth part is slower than the printed 99th percentile.
const RUNS: usize = 5000;

/// What criterion doesn't show: the first build, with every file read and every pattern compiled, the memory it took, and
/// how slow a message of 1 KB is at worst but for one in a hundred.
#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn once() -> Option<Detector> {
    let before = resident_kb();
    let from = Instant::now();
    let detector = Detector::built_in().ok()?;
    let (took, grown) = (from.elapsed(), resident_kb().saturating_sub(before));
    println!("first build: {took:?}, {grown} KB resident");
    let text = text(1024);
    let mut runs: Vec<_> = (0..RUNS)
        .map(|_| {
            let from = Instant::now();
            black_box(detector.scan(black_box(&text), Hint::default()));
            from.elapsed()
        })
        .collect();
    runs.sort_unstable();
    let at = |percent: usize| runs.get(RUNS * percent / 100).copied().unwrap_or_default();
    println!(
        "1 KB: least {:?}, p50 {:?}, p99 {:?}",
        at(0),
        at(50),
        at(99)
    );
    Some(detector)
}

/// Memory of this process, in KB; 0 where the system doesn't say.
fn resident_kb() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|kb| kb.parse().ok()).unwrap_or(0)
}

fn benches(c: &mut Criterion) {
    let Some(detector) = once() else {
        return;
    };
    c.bench_function("build again", |b| {
        b.iter(|| black_box(Detector::built_in().is_ok()));
    });
    let mut group = c.benchmark_group("scan");
    let leaves = [
        ("leaf 10 B", "assistants".to_owned()),
        (
            "leaf 40 B",
            "List the three main points of the memo.".to_owned(),
        ),
        ("leaf 39 B zh", "请用三句话总结这份报告".to_owned()),
        ("1 KB", text(1024)),
        ("32 KB", text(32 * 1024)),
        ("256 KB", text(256 * 1024)),
        ("256 KB Chinese prose", repeated(CHINESE, 256 * 1024)),
        ("256 KB English prose", repeated(ENGLISH, 256 * 1024)),
        ("256 KB rows", repeated(ROW, 256 * 1024)),
        ("256 KB digits", repeated("1 2 34 5 678 ", 256 * 1024)),
        ("256 KB full-width", repeated("电话１３９ ", 256 * 1024)),
        ("256 KB places", repeated("北京市朝阳区", 256 * 1024)),
    ];
    for (name, text) in &leaves {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(*name, |b| {
            b.iter(|| detector.scan(black_box(text), Hint::default()));
        });
    }
    group.finish();
}

criterion_group!(detect, benches);
criterion_main!(detect);
