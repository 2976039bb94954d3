//! Which cells are given, and with which header.

use super::*;

#[derive(Default)]
struct Seen(Vec<(String, Span, Option<&'static str>)>);

impl Rows for Seen {
    fn cell(&mut self, cell: Cell<'_>) {
        let known = cell.known.map(|known| known.entity);
        self.0.push((cell.header.to_owned(), cell.span, known));
    }
}

/// `header=cell` of every cell, with `:TYPE` where its column is known.
fn seen(text: &str) -> Vec<String> {
    let mut seen = Seen::default();
    read(text, &mut seen);
    let shown = |(header, span, known): &(String, Span, Option<&'static str>)| {
        let known = known.map(|known| format!(":{known}")).unwrap_or_default();
        format!("{header}={}{known}", span.slice(text).unwrap())
    };
    seen.0.iter().map(shown).collect()
}

#[test]
fn tables_are_read_however_they_are_drawn() {
    let expected = ["姓名=张三:PERSON", "手机=13812345678:PHONE", "备注=老客户"];
    for text in [
        "名单如下：\n| 姓名 | 手机 | 备注 |\n|---|:-:|---|\n| 张三 | 13812345678 | 老客户 |\n\n谢谢",
        "姓名,手机,备注\n张三,13812345678,老客户\n",
        "姓名，手机，备注\n张三，13812345678，老客户",
        "姓名;手机;备注\r\n张三;13812345678;老客户\r\n",
        "姓名\t手机\t备注\n张三\t13812345678\t老客户",
        "姓名   手机         备注\n----   ----   ----\n张三   13812345678  老客户",
        "+----+----+----+\n| 姓名 | 手机 | 备注 |\n+----+----+----+\n| 张三 | 13812345678 | 老客户 |\n+----+",
        "姓名 | 手机 | 备注\n张三 | 13812345678 | 老客户",
        "{\"columns\":[\"姓名\", \"手机\",\"备注\"], \"rows\": [[\"张三\",13812345678,\"老客户\"]]}",
        "[[\"姓名\",\"手机\",\"备注\"],\n [\"张三\",\"13812345678\",\"老客户\"]]",
    ] {
        assert_eq!(seen(text), expected, "{text}");
    }
}

#[test]
fn rows_that_do_not_fit_are_passed_over_and_a_blank_line_ends_a_table() {
    let text = "name,phone\nAnn Lee,555-0100 22\nsum\nBo Li,555-0100 33\n\nx,y\n";
    assert_eq!(
        seen(text),
        ["name=Ann Lee:PERSON", "phone=555-0100 22:PHONE"]
    );
    let text = "name,phone,note\nBo Li,555-0100 11,y\na,b\nAnn Lee,555-0100 22,x";
    assert_eq!(seen(text).len(), 6);
}

#[test]
fn labels_with_values_are_read() {
    let text = "| 姓名 | 张三 |\n| 性别 | 女 |\n| 住址 | 上海市浦东新区某路1号 |\n";
    let expected = [
        "姓名=张三:PERSON",
        "性别=女:GENDER",
        "住址=上海市浦东新区某路1号:ADDRESS",
    ];
    assert_eq!(seen(text), expected);
    let text = "姓名\t张三\t电话\t13812345678\n年龄\t34\t性别\t男\n";
    let expected = [
        "姓名=张三:PERSON",
        "电话=13812345678:PHONE",
        "年龄=34:AGE",
        "性别=男:GENDER",
    ];
    assert_eq!(seen(text), expected);
}

#[test]
fn a_header_that_heads_other_things_counts_in_company_only() {
    let docs = "| Name | Type | Description |\n|---|---|---|\n| Max Retries | int | how often |\n";
    assert!(
        seen(docs).iter().all(|cell| !cell.contains(':')),
        "{:?}",
        seen(docs)
    );
    let staff = "name,department\n张三,销售部\n";
    assert_eq!(seen(staff)[0], "name=张三:PERSON");
    let people = "name,email\nMax Power,max@example.org\n";
    assert_eq!(seen(people)[0], "name=Max Power:PERSON");
}

#[test]
fn prose_code_and_logs_are_no_tables() {
    for text in [
        "姓名、电话都要写，\n然后交上来，谢谢。",
        "先写姓名，再写电话，最后写备注，都写完了再交给我。\n好的，收到，明白，马上去办。",
        "fn f(name: &str, phone: &str) {\n    g(name, phone)\n}\n",
        "2026-11-24 10:00:00  INFO  started\n2026-11-24 10:00:01  INFO  stopped\n",
        "a | b\nc | d\n",
        "let x = [[1, 2], [3, 4]];",
        "name",
        "\n\n\n",
        "[[[[[[[[",
        "\"columns\":[\"cvv\"",
    ] {
        assert_eq!(seen(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_name_in_one_line_of_code_gives_no_types() {
    let text = "INSERT INTO t (name, phone) VALUES\n  ('a', 'b'),\n";
    assert!(seen(text).iter().all(|cell| !cell.contains(':')));
}
