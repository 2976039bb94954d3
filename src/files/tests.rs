use super::*;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn told<'a>(media_type: &'a str, name: &'a str) -> Told<'a> {
    Told {
        media_type: Some(media_type).filter(|word| !word.is_empty()),
        name: Some(name).filter(|name| !name.is_empty()),
    }
}

fn zipped(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;

fn word(body: &str) -> Vec<u8> {
    let document = format!(
        r#"<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/x"><w:body>{body}</w:body></w:document>"#
    );
    zipped(&[
        ("[Content_Types].xml", TYPES),
        ("word/document.xml", &document),
    ])
}

fn texts(bytes: &[u8], kind: Kind) -> Vec<(String, String)> {
    let file = File::open(bytes, kind).unwrap();
    let pair = |s: Segment<'_>| (s.key.unwrap_or_default().to_owned(), s.text.to_owned());
    file.segments().map(pair).collect()
}

/// The file with every place of `value` in its segments replaced.
fn without(bytes: &[u8], kind: Kind, value: &str, text: &str) -> Vec<u8> {
    let file = File::open(bytes, kind).unwrap();
    let mut changes = Vec::new();
    for (segment, of) in file.segments().enumerate() {
        for (at, found) in of.text.match_indices(value) {
            let span = Span::new(at, at + found.len());
            changes.push(Change {
                segment,
                span,
                text,
            });
        }
    }
    assert!(!changes.is_empty(), "{value} was not found");
    file.rewritten(&changes).unwrap()
}

#[test]
fn what_is_said_and_what_is_there_must_agree() {
    let (zip, pdf) = (word(""), b"%PDF-1.7".as_slice());
    let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    for (bytes, media_type, name, expected) in [
        (b"a".as_slice(), "text/plain", "a.txt", Some(Kind::Text)),
        (b"a", "text/plain", "a.csv", Some(Kind::Table)),
        (b"a", "text/csv", "", Some(Kind::Table)),
        (b"a", "", "", Some(Kind::Text)),
        (b"a", "", "a.json", Some(Kind::Json)),
        (b"a", "application/octet-stream", "a.htm", Some(Kind::Html)),
        (b"a", "text/html", "a.json", None),
        (b"a", "image/png", "", None),
        (b"a", "text/plain", "a.png", None),
        (b"a", "application/pdf", "a.pdf", None),
        (pdf, "application/pdf", "a.pdf", Some(Kind::Pdf)),
        (pdf, "text/plain", "", None),
        (&zip, docx, "a.docx", Some(Kind::Docx)),
        (&zip, "text/plain", "a.txt", None),
        (&zip, docx, "a.pdf", None),
        (&zip, "", "a.zip", None),
    ] {
        let kind = Kind::of(bytes, &told(media_type, name)).ok();
        assert_eq!(kind, expected, "{media_type} {name}");
    }
}

#[test]
fn cells_stand_under_their_headers() {
    let table = "姓名,note\r\n王芳,\"a \"\"b\"\", c\"\r\n李雷,\n";
    let expected = [
        ("", "姓名"),
        ("", "note"),
        ("姓名", "王芳"),
        ("note", "a \"b\", c"),
        ("姓名", "李雷"),
    ];
    let expected = expected.map(|(key, text)| (key.to_owned(), text.to_owned()));
    assert_eq!(texts(table.as_bytes(), Kind::Table), expected);
    let new = without(table.as_bytes(), Kind::Table, "王芳", "PERSON_1");
    assert_eq!(
        String::from_utf8(new).unwrap(),
        table.replace("王芳", "PERSON_1")
    );
    let new = without(table.as_bytes(), Kind::Table, "\"b\"", "B");
    assert_eq!(
        String::from_utf8(new).unwrap(),
        table.replace("\"\"b\"\"", "B")
    );
    assert_eq!(texts(b"a\tb\n1\t2", Kind::Table).len(), 4);
}

#[test]
fn texts_keep_their_encoding() {
    let mut utf16 = vec![0xFF, 0xFE];
    utf16.extend("张三 ok".encode_utf16().flat_map(u16::to_le_bytes));
    let new = without(&utf16, Kind::Text, "张三", "P");
    let mut expected = vec![0xFF, 0xFE];
    expected.extend("P ok".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(new, expected);
    let marked = [b"\xEF\xBB\xBF".as_slice(), "张三".as_bytes()].concat();
    assert_eq!(without(&marked, Kind::Text, "张三", "P"), b"\xEF\xBB\xBFP");
    for bytes in [b"\xD5\xC5\xC8\xFD".as_slice(), b"a\0b", b"\xFF\xFEa"] {
        assert!(File::open(bytes, Kind::Text).is_err());
    }
}

#[test]
fn markup_is_read_over_its_tags() {
    let page = "<p class=\"x\">Call 138<b>1234</b>5678</p><!-- 13900001111 --><img alt='Lena'>\
        <script>var a = '13700002222'</script><p>end</p x=\"13600003333\">";
    let all: Vec<String> = texts(page.as_bytes(), Kind::Html)
        .into_iter()
        .map(|(key, text)| key + ":" + &text)
        .collect();
    for wanted in [
        "Call 13812345678",
        "13900001111",
        "alt:Lena",
        "13700002222",
        "13600003333",
    ] {
        assert!(
            all.iter().any(|text| text.contains(wanted)),
            "{wanted} in {all:?}"
        );
    }
    let new = without(page.as_bytes(), Kind::Html, "13812345678", "<P>");
    assert!(new.starts_with(b"<p class=\"x\">Call &lt;P&gt;<b></b></p>"));
    let xml = b"<a b=\"Lena\">x &amp; y</a>";
    assert_eq!(
        without(xml, Kind::Xml, "Lena", "P"),
        b"<a b=\"P\">x &amp; y</a>"
    );
    assert!(File::open(b"<!DOCTYPE a [<!ENTITY x 'y'>]><a/>", Kind::Xml).is_err());
}

#[test]
fn word_documents_are_rewritten_over_runs() {
    let body = r"<w:p><w:r><w:t>手机138</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>12345678。</w:t></w:r></w:p>";
    let bytes = word(body);
    let new = without(&bytes, Kind::Docx, "13812345678", "MOBILE_1");
    assert_eq!(new, without(&bytes, Kind::Docx, "13812345678", "MOBILE_1"));
    let all = texts(&new, Kind::Docx);
    assert!(
        all.iter().any(|(_, text)| text == "手机MOBILE_1。"),
        "{all:?}"
    );
}

#[test]
fn packages_with_more_than_text_are_not_opened() {
    let good = word("<w:p/>");
    assert!(File::open(&good, Kind::Docx).is_ok());
    let document = ("word/document.xml", "<a/>");
    let bomb = " ".repeat(8 * 1024 * 1024);
    let cases: [(&str, Vec<u8>); 8] = [
        (
            "picture",
            zipped(&[document, ("word/media/image1.png", "x")]),
        ),
        (
            "object",
            zipped(&[document, ("word/embeddings/a.bin", "x")]),
        ),
        ("nested", zipped(&[document, ("word/a.docx", "PK")])),
        ("not a document", zipped(&[("xl/workbook.xml", "<a/>")])),
        ("bomb", zipped(&[document, ("word/styles.xml", &bomb)])),
        ("malformed", zipped(&[("word/document.xml", "<a><b></a>")])),
        ("truncated", good.get(..good.len() / 2).unwrap().to_vec()),
        (
            "prefixed",
            [b"PK\x03\x04 hidden".as_slice(), &good].concat(),
        ),
    ];
    for (name, bytes) in cases {
        assert!(File::open(&bytes, Kind::Docx).is_err(), "{name} was opened");
    }
}

/// A document of one page that shows `text` in a font of the reader's own.
fn pdf(text: &str, more: &str) -> Vec<u8> {
    let content = format!("BT /F1 12 Tf 72 700 Td ({text}) Tj ET {more}");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        ),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    ];
    let (mut out, mut places) = ("%PDF-1.4\n".to_owned(), String::new());
    for (number, object) in objects.iter().enumerate() {
        places.push_str(&[format!("{:010}", out.len()).as_str(), " 00000 n \n"].concat());
        write!(out, "{} 0 obj\n{object}\nendobj\n", number + 1).unwrap();
    }
    let start = out.len();
    write!(out, "xref\n0 6\n0000000000 65535 f \n{places}").unwrap();
    write!(
        out,
        "trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    )
    .unwrap();
    out.into_bytes()
}

#[test]
fn of_pdf_only_plain_text_is_read() {
    let file = File::open(&pdf("Call 0171 5550123", ""), Kind::Pdf).unwrap();
    assert!(!file.rewritable());
    assert!(
        file.segments()
            .any(|segment| segment.text.contains("Call 0171 5550123"))
    );
    for more in [
        "/Im1 Do",
        "BT (x) Tj /F9 1 Tf (y) Tj ET",
        "BI /W 1 /H 1 ID x EI",
    ] {
        assert!(
            File::open(&pdf("Hello", more), Kind::Pdf).is_err(),
            "{more}"
        );
    }
    let whole = pdf("Hello", "");
    let twice = [whole.as_slice(), b"startxref\n9\n%%EOF"].concat();
    for bytes in [twice.as_slice(), whole.get(..whole.len() / 2).unwrap()] {
        assert!(File::open(bytes, Kind::Pdf).is_err());
    }
    let script = String::from_utf8(whole)
        .unwrap()
        .replace("/Parent", "/AA 9 0 R /Parent");
    assert!(File::open(script.as_bytes(), Kind::Pdf).is_err());
}

proptest! {
    #[test]
    fn no_bytes_break_it(bytes: Vec<u8>, at in 0_usize..600, byte: u8) {
        let kinds = [Kind::Text, Kind::Table, Kind::Html, Kind::Xml, Kind::Docx, Kind::Pdf];
        let good = [word("<w:p><w:t>a</w:t></w:p>"), pdf("Hello", "")];
        let bent = good.map(|mut good| {
            if let Some(place) = good.get_mut(at) { *place = byte }
            good
        });
        for bytes in [bytes.as_slice(), &bent[0], &bent[1]] {
            for kind in kinds {
                if let Ok(file) = File::open(bytes, kind) {
                    prop_assert!(file.segments().all(|s| !s.text.is_empty()));
                    if file.rewritable() {
                        prop_assert!(file.rewritten(&[]).is_ok());
                    }
                }
            }
        }
    }

    #[test]
    fn unchanged_texts_stay(text in "[a-z,\"<>&张\r\n\t]{0,40}") {
        for kind in [Kind::Text, Kind::Table, Kind::Html, Kind::Xml] {
            if let Ok(file) = File::open(text.as_bytes(), kind) {
                prop_assert_eq!(file.rewritten(&[]).unwrap(), text.as_bytes());
            }
        }
    }
}
