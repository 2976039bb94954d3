//! What staff read when a file is refused.

use super::small;
use crate::policy::{Policy, PolicyError};

const DATA: &str = "data: {identity: {include: [PERSON, EMAIL]}}\n";

fn refused(rest: &str) -> PolicyError {
    match Policy::parse(&small(rest), "test.yaml", None) {
        Ok(_) => panic!("this policy was accepted:\n{rest}"),
        Err(error) => error,
    }
}

fn shown(rest: &str) -> String {
    refused(&format!("{DATA}{rest}")).render(false)
}

#[test]
fn a_misspelt_word() {
    insta::assert_snapshot!(
        shown("handling:\n  identity: {home: allow, cloud: surogate}\n"), @r#"
     x test.yaml:8:34: unknown operator `surogate`
      ,-[test.yaml:8:34]
    7 | handling:
    8 |   identity: {home: allow, cloud: surogate}
      :                                  ^^^^|^^^
      :                                      `-- no such operator
      `----
     help: did you mean `surrogate`? expected one of `allow`, `surrogate`, `generalise`, `mask`,
           `seal`, `redact`, `local_only`, `block`
    "#
    );
}

#[test]
fn a_misspelt_key_after_han_text() {
    insta::assert_snapshot!(
        shown("apps:\n  reports: {label: 信贷报告, tigthen: {}}\n"), @r#"
     x test.yaml:8:26: unknown key `tigthen`
      ,-[test.yaml:8:26]
    7 | apps:
    8 |   reports: {label: 信贷报告, tigthen: {}}
      :                              ^^^|^^^
      :                                 `-- not a key here
      `----
     help: did you mean `tighten`? expected one of `label`, `tighten`, `fields`, `models`, `balance`
    "#
    );
}

#[test]
fn a_missing_key() {
    insta::assert_snapshot!(
        shown("rules:\n  - {id: export, when: {}, do: block, why: law, owner: me}\n"), @r#"
     x test.yaml:8:49: the key `say` is missing
      ,-[test.yaml:8:49]
    7 | rules:
    8 |   - {id: export, when: {}, do: block, why: law, owner: me}
      :                                                 ^^|^^
      :                                                   `-- missing beside this
      `----
     help: add `say: …`
    "#
    );
}

#[test]
fn an_app_that_loosens() {
    insta::assert_snapshot!(
        shown("handling: {identity: {cloud: mask}}\napps: {a: {tighten: {identity: {cloud: allow}}}}\n"),
        @r#"
     x test.yaml:8:40: `allow` is looser than `mask`, which the grid says here
      ,-[test.yaml:8:40]
    7 | handling: {identity: {cloud: mask}}
    8 | apps: {a: {tighten: {identity: {cloud: allow}}}}
      :                                        ^^|^^
      :                                          `-- loosens the grid
      `----
     help: an app may only tighten: expected `mask` or stricter, or no cell at all
    "#
    );
}

#[test]
fn a_word_that_this_version_does_not_support() {
    insta::assert_snapshot!(shown("extends: [cn-finance]\n"), @r#"
     x test.yaml:7:10: `extends` is not supported by this version yet
      ,-[test.yaml:7:10]
    6 | data: {identity: {include: [PERSON, EMAIL]}}
    7 | extends: [cn-finance]
      :          |
      :          `-- not supported yet
      `----
     help: write the whole policy into one file
    "#);
}

#[test]
fn several_faults_are_shown_at_once() {
    insta::assert_snapshot!(
        shown("mode: enforced\nsafety: {fallback: any, uninspectable: {picture: block}}\n"),
        @r#"
     x test.yaml:7:7: unknown mode `enforced`
      ,-[test.yaml:7:7]
    6 | data: {identity: {include: [PERSON, EMAIL]}}
    7 | mode: enforced
      :       ^^^^|^^^
      :           `-- no such mode
    8 | safety: {fallback: any, uninspectable: {picture: block}}
      `----
     help: did you mean `enforce`? expected one of `observe`, `warn`, `enforce`

     x test.yaml:8:20: unknown fallback `any`
      ,-[test.yaml:8:20]
    7 | mode: enforced
    8 | safety: {fallback: any, uninspectable: {picture: block}}
      :                    ^|^
      :                     `-- no such fallback
      `----
     help: expected one of `same_or_stricter`, `none`

     x test.yaml:8:41: unknown kind of part `picture`
      ,-[test.yaml:8:41]
    7 | mode: enforced
    8 | safety: {fallback: any, uninspectable: {picture: block}}
      :                                         ^^^|^^^
      :                                            `-- no such kind of part
      `----
     help: expected one of `image`, `file`, `audio`, `token_ids`, `unknown`
    "#
    );
}

#[test]
fn broken_yaml_after_han_text() {
    for (rest, place) in [
        ("apps: {a: {label: 信贷, models: [}}\n", "7:31"),
        (
            "apps:\r\n  a: {label: 信贷}\r\n  b: {labl: 信贷}\r\n",
            "9:7",
        ),
    ] {
        let error = refused(&format!("{DATA}{rest}"));
        let shown = error.to_string();
        assert!(
            shown.starts_with(&format!("test.yaml:{place}: ")),
            "{shown}"
        );
    }
}

#[test]
fn broken_yaml() {
    insta::assert_snapshot!(shown("handling: [\n"), @r#"
     x test.yaml:7:11: expected a mapping
      ,-[test.yaml:7:11]
    6 | data: {identity: {include: [PERSON, EMAIL]}}
    7 | handling: [
      :           |
      :           `-- here
      `----
    "#);
}

/// File after the small head (which has five lines), line and column, message, and a piece of the advice.
const FAULTS: &[(&str, &str, &str)] = &[
    // Keys and kinds of values.
    (
        "data: {a: {include: PERSON}}\ndata: {}\n",
        "7:1: the key `data` stands here twice",
        "keep one",
    ),
    (
        "data: {a: {inclde: PERSON}}\n",
        "6:12: unknown key `inclde`",
        "did you mean `include`?",
    ),
    (
        "data: {a: {include: {x: y}}}\n",
        "6:21: expected a name or a list of names, found map",
        "",
    ),
    (
        "data: {a: {include: PERSON, label: {en: a, b, zh: c}}}\n",
        "6:44: unknown key `b`",
        "expected one of `en`, `zh`",
    ),
    (
        "data: {a: {include: PERSON, label: {en: one, two or three}}}\n",
        "6:46: unknown key `two or three`",
        "needs quotes",
    ),
    (
        "data: {a: {include: PERSON, level: high}}\n",
        "6:36: expected a whole number",
        "",
    ),
    (
        "data: {a: {include: PERSON}}\nrestore: {in_urls: yes}\n",
        "7:20: expected `true` or `false`",
        "",
    ),
    (
        "data: {a: {include: PERSON}}\nrules: 5\n",
        "7:8: expected a list",
        "",
    ),
    (
        "data: {a: {include: PERSON}}\nhandling: 5\n",
        "7:11: expected a mapping",
        "",
    ),
    // Names.
    (
        "data: {身份: {include: PERSON}}\n",
        "6:8: invalid data class name `身份`",
        "goes into `label`",
    ),
    (
        "data: {a: {include: EMIAL}}\n",
        "6:21: unknown entity type `EMIAL`",
        "did you mean `EMAIL`?",
    ),
    (
        "data: {a: {include: LIT}}\n",
        "6:21: `LIT` is the gateway's own type",
        "leave it out",
    ),
    (
        "data: {}\n",
        "6:7: no data class is named",
        "add at least one",
    ),
    (
        "data: {a: {include: []}}\n",
        "6:8: data class `a` includes nothing",
        "name entity types",
    ),
    (
        "data: {a: {include: PERSON, level: 6}}\n",
        "6:36: `level` can't be 6",
        "expected 1 to 5",
    ),
    // The grid.
    (
        "data: {a: {include: PERSON}}\nhandling: {b: {}}\n",
        "7:12: unknown data class `b`",
        "expected `a`",
    ),
    (
        "data: {a: {include: PERSON}}\nhandling: {a: {clod: mask}}\n",
        "7:16: unknown destination `clod`",
        "did you mean `cloud`?",
    ),
    (
        "data: {a: {include: PERSON}}\nhandling: {a: {home: local_only}}\n",
        "7:22: `local_only` says nothing at `home`, which is inside",
        "`block`",
    ),
    (
        "data: {a: {include: PERSON}}\napps: {x: {fields: {'name': PERSON}}}\n",
        "7:21: `name` is not a JSON path",
        "`$.customer.name`",
    ),
    // Recognizers.
    (
        "data: {a: {include: PERSON}}\nrecognizers: [{entity: EMAIL, pattern: x, find: x, ignore: y}]\n",
        "7:24: `EMAIL` is a built-in entity type",
        "another name",
    ),
    (
        "data: {a: {include: PERSON}}\nrecognizers: [{entity: NO_1, pattern: x, find: x}]\n",
        "7:24: the recognizer of `NO_1` has no `ignore` example",
        "at least one",
    ),
    (
        "data: {a: {include: PERSON}}\nrecognizers: [{entity: no, pattern: x, find: x, ignore: y}]\n",
        "7:24: invalid entity type name `no`",
        "A–Z",
    ),
    // Rules.
    (
        "data: {a: {include: PERSON}}\nrules: [{id: r, say: '', when: {}, do: block, why: w, owner: o}]\n",
        "7:14: rule `r` says nothing",
        "one sentence",
    ),
    (
        "data: {a: {include: PERSON}}\nrules: [{id: r, say: s, when: {}, do: mask, why: w, owner: o}]\n",
        "7:39: `mask` acts on findings, and this rule does not say which",
        "`data`",
    ),
    (
        "data: {a: {include: PERSON}}\nrules: [{id: r, say: s, when: {data: a}, do: allow, why: w, owner: o}]\n",
        "7:46: a rule can't allow",
        "stricter",
    ),
    (
        "data: {a: {include: PERSON}}\nrules: [{id: r, say: s, when: {data: []}, do: mask, why: w, owner: o}]\n",
        "7:31: `data` names nothing that exists",
        "drop `data`",
    ),
    (
        "data: {a: {include: PERSON}}\nrules: [{id: r, say: s, when: {level_at_most: 1, level_at_least: 2}, do: block, why: w, owner: o}]\n",
        "7:31: this rule can never hold",
        "must not be above",
    ),
    (
        "data: {a: {include: PERSON}}\nrules: [{id: r, say: s, when: {app: x}, do: block, why: w, owner: o}]\n",
        "7:37: unknown app `x`",
        "none is defined",
    ),
    (
        "data: {a: {include: PERSON}}\nrules: [{id: r, say: s, when: {complexity: hi}, do: block, why: w, owner: o}]\n",
        "7:44: unknown complexity `hi`",
        "`high`",
    ),
    // Restoring.
    (
        "data: {a: {include: PERSON}}\nrestore: {reply: [b]}\n",
        "7:19: unknown data class `b`",
        "expected `a`",
    ),
    (
        "data: {a: {include: PERSON}}\nrestore: {tools: {crm: {x: all}}}\n",
        "7:25: `x` is not a JSON path",
        "`$[",
    ),
    // Words of the language that must not be ignored.
    (
        "data: {a: {include: PERSON}}\nexceptions: []\n",
        "7:13: `exceptions` is not supported by this version yet",
        "grid",
    ),
    (
        "data: {a: {include: PERSON}}\nfacts: {PERSON: [gender]}\n",
        "7:8: `facts` is not supported by this version yet",
        "drop it",
    ),
    (
        "data: {a: {include: PERSON}}\nvault: {surrogates: random}\n",
        "7:21: `surrogates: random` is not supported by this version yet",
        "`derived`",
    ),
    (
        "data: {a: {include: PERSON}}\nsafety: {reply_check: maks}\n",
        "7:23: unknown reply check `maks`",
        "did you mean `mask`? expected one of `off`, `mask`, `block`",
    ),
    (
        "data: {a: {include: PERSON}}\nsafety: {on_error: allow}\n",
        "7:20: unknown verb `allow`",
        "`local_only`, `block`",
    ),
    // Tests in the file.
    (
        "data: {a: {include: PERSON}}\ntests: [{text: hello}]\n",
        "7:9: this test checks nothing",
        "add `find`",
    ),
    (
        "data: {a: {include: PERSON}}\ntests: [{text: hello, never_leaves: [hallo]}]\n",
        "7:38: this piece is not in the test's text",
        "can't fail",
    ),
    (
        "data: {a: {include: PERSON}}\ntests: [{text: hello, to: clod}]\n",
        "7:27: unknown destination `clod`",
        "did you mean `cloud`?",
    ),
    (
        "data: {a: {include: PERSON}}\ntests: [{text: hello, result: blocked}]\n",
        "7:31: unknown result `blocked`",
        "did you mean `block`?",
    ),
];

#[test]
fn every_fault_names_its_place_and_what_to_do() {
    for (rest, place_and_message, advice) in FAULTS {
        let error = refused(rest);
        let [fault] = error.faults() else {
            panic!("not one fault for:\n{rest}\n{}", error.render(false))
        };
        assert_eq!(fault.to_string(), format!("test.yaml:{place_and_message}"));
        let given = fault.advice().unwrap_or_default();
        assert!(given.contains(advice), "{rest}: {given}");
    }
}

#[test]
fn one_line_for_a_log() {
    let error = refused(&format!("{DATA}mode: enforced\naudit: {{keep_days: 0}}\n"));
    assert_eq!(
        error.to_string(),
        "test.yaml:7:7: unknown mode `enforced` (and 1 more)"
    );
}

#[test]
fn a_file_that_is_too_deep_or_too_large_is_refused() {
    for rest in [
        format!("{DATA}tests: {}", "[".repeat(100)),
        "#".repeat(5 << 20),
    ] {
        let error = Policy::parse(&small(&rest), "test.yaml", None).unwrap_err();
        assert_eq!(error.faults().len(), 1);
    }
}

#[test]
fn what_steers_a_terminal_is_not_shown() {
    let error = refused("data: {a: {include: PERSON}}\nmode: \u{1b}[31m\n");
    assert!(!error.render(false).contains('\u{1b}'));
}

#[test]
fn labels_in_one_language_or_in_both() {
    use crate::base::Language::{En, Zh};
    let source = small(
        "data: {a: {include: PERSON, label: {en: who, zh: 身份}}, b: {include: IP, label: 地址}}\n",
    );
    let policy = super::parse(&source);
    let [both, plain] = policy.classes() else {
        panic!("two classes")
    };
    assert_eq!((both.label.text(En), both.label.text(Zh)), ("who", "身份"));
    assert_eq!(
        (plain.label.text(En), plain.label.text(Zh)),
        ("地址", "地址")
    );
    assert_eq!(both.label.to_string(), "身份 / who");
}
