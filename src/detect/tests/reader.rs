//! Texts that behave as a reader expects: values in all their dress, and pages in which nothing is anybody's.

use super::{assert_finds, detector, found};
use crate::detect::Hint;

#[test]
fn an_employee_and_where_he_lives() {
    assert_eq!(
        found("员工张三住在上海市浦东新区张江路100号"),
        [("PERSON", "张三"), ("ADDRESS", "上海市浦东新区张江路100号")]
    );
    assert_eq!(found("订单号20261124000138"), []);
    assert_finds("CN_RESIDENT_ID", &["身份证号⟦110101199003074610⟧"]);
    assert_finds(
        "CN_MOBILE",
        &[
            "电话：⟦１３８－１２３４－５６７８⟧",
            "⟦一三八一二三四五六七八⟧",
        ],
    );
}

#[test]
fn pages_of_machines_hold_nothing_of_anybody() {
    for page in [
        "3f2b8c1e-7d4a-4e6f-9b0c-5a1d2e3f4b5c",
        "* 7c9e6f2 (HEAD -> main) retry: back off twice as long\n* 41ab9d0 parser: numbers of 19 digits\n* 0d5e1f7 Merge branch 'topic/cache'\n\
         Date:   Tue Nov 17 18:22:09 2026 +0800\n 3 files changed, 41 insertions(+), 7 deletions(-)",
        "[[package]]\nname = \"ring-buffer\"\nversion = \"0.17.8\"\nsource = \"registry+index\"\n\
         checksum = \"c17fa4cb658e3583423e915b9f3acc01cceaee1860e33d59ebae66adc3a2dc0d\"\ndependencies = [\n \"cc\",\n \"libc\",\n]",
        "\"node_modules/left\": {\n  \"version\": \"4.17.21\",\n  \"integrity\": \"sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVxVjcXPs17LhbZVGedAJv8XZ1tvj5FvSg==\"\n}",
        "Traceback (most recent call last):\n  File \"/srv/app/worker.py\", line 218, in run\n    self.queue.get(timeout=30)\nValueError: invalid literal for int() with base 10: '0x1f'",
        "thread 'main' panicked at src/main.rs:114:22:\nindex out of bounds: the len is 3 but the index is 7\n   2: 0x7f31c2a4b0d3 - core::panicking::panic_fmt",
        "00000000  7f 45 4c 46 02 01 01 00  00 00 00 00 00 00 00 00  |.ELF............|\n\
         00000010  03 00 3e 00 01 00 00 00  60 10 00 00 00 00 00 00  |..>.....`.......|\n\
         000003f0: 6c69 6236 342f 6c64 2d6c 696e 7578 2d78  lib64/ld-linux-x",
        "SELECT id, total FROM orders WHERE created_at > '2026-01-01' AND status IN (3, 5, 8) LIMIT 500;",
    ] {
        assert_eq!(found(page), [], "{page}");
    }
}

#[test]
fn pages_of_books_hold_nothing_of_anybody() {
    let physics = "We measure the decay constant to be 2.1969811(22) microseconds, in agreement with the value of Ref. [17]. \
        The systematic uncertainty of 0.33% is dominated by the calibration of the 1.45 T dipole (see Table 3, row 12). \
        Writing E = hν with h = 6.62607015e-34 J s, the threshold at 1.022 MeV corresponds to a wavelength of 1.21e-12 m. \
        Fig. 4 shows the spectrum for 12,408 events at 95% confidence; the fit gives chi2/ndf = 104.7/98 and p = 0.31.";
    assert_eq!(found(physics), []);
    // 《红楼梦》第一回, in the public domain.
    let novel = "当日地陷东南，这东南有个姑苏城，城中阊门，最是红尘中一二等富贵风流之地。这阊门外有个十里街，街内有个仁清巷，巷内有个古庙，\
        因地方狭窄，人皆呼作「葫芦庙」。庙旁住着一家乡宦，家中虽不甚富贵，然本地也推他为望族了。因这家主人禀性恬淡，不以功名为念，\
        每日只以观花种竹、酌酒吟诗为乐，倒是神仙一流人物。只是一件不足：年过半百，膝下无儿，只有一女，年方三岁。";
    assert_eq!(numbers(novel), 0);
}

/// Findings of a page that are no names, places or ages.
fn numbers(text: &str) -> usize {
    let prose = ["PLACE", "PERSON", "ORG", "AGE"];
    detector()
        .scan(text, Hint::default())
        .iter()
        .filter(|f| !prose.contains(&f.entity.as_str()))
        .count()
}
