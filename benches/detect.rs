//! How fast a detector is built and reads: tiny leaves, 1 KB messages, 256 KB of mixed text.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
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

fn benches(c: &mut Criterion) {
    let Ok(detector) = Detector::built_in() else {
        return;
    };
    c.bench_function("build", |b| {
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
        ("256 KB digits", "1 2 34 5 678 ".repeat(256 * 1024 / 13)),
        ("256 KB full-width", "电话１３９ ".repeat(256 * 1024 / 16)),
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
