use crate::protocol::{Channel, Field, Format, Held, ProtocolError, Reply, Usage, told};

/// Parts and what can't be inspected of one message's content.
fn blocks(content: &str) -> String {
    told(&format!(
        r#"{{"messages":[{{"role":"user","content":{content}}}]}}"#
    ))
}

fn told(body: &str) -> String {
    told::request(Format::Messages, body)
}

#[test]
fn every_text_of_a_block_is_a_part_and_sealed_ones_are_ids() {
    let cases = [
        (r#""a""#, "User=a"),
        (
            r#"[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}]"#,
            "User=a",
        ),
        (
            r#"[{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"d"}]"#,
            "Reasoning=t Id=s Id=d",
        ),
        (
            r#"[{"type":"tool_use","id":"i","name":"n","input":{"k":["v",{"w":7391}]}}]"#,
            "Id=i Name=n Key=k ToolCall=v Key=w ToolCall=7391",
        ),
        (
            r#"[{"type":"tool_result","tool_use_id":"i","content":"{\"k\":\"v\"}","is_error":true}]"#,
            "Id=i Key=k ToolResult=v",
        ),
        (
            r#"[{"type":"tool_result","content":[{"type":"text","text":"a"},{"type":"image","source":{"type":"url","url":"u"}}]}]"#,
            "ToolResult=a Other=u image@messages[0].content[0].content[1]",
        ),
        (
            r#"[{"type":"document","title":"a","context":"b","source":{"type":"text","media_type":"text/plain","data":"c"}}]"#,
            "User=a User=b Other=c",
        ),
        (
            r#"[{"type":"document","source":{"type":"content","content":[{"type":"text","text":"a"}]}}]"#,
            "User=a",
        ),
        (
            r#"[{"type":"document","source":{"type":"url","url":"u"}},{"type":"document","source":{"type":"file","file_id":"f"}}]"#,
            "Other=u Id=f file@messages[0].content[0] file@messages[0].content[1]",
        ),
        (
            r#"[{"type":"search_result","source":"s","title":"t","content":[{"type":"text","text":"a"}]}]"#,
            "Other=s User=t ToolResult=a",
        ),
        (
            r#"[{"type":"text","text":"a","citations":[{"type":"char_location","cited_text":"c","encrypted_index":"e","document_index":0}]}]"#,
            "User=a Key=type Other=char_location User=c Id=e Key=document_index",
        ),
        (
            r#"[{"type":"web_fetch_tool_result","content":{"type":"web_fetch_result","url":"u","content":{"type":"document","source":{"type":"base64","data":"x"}}}}]"#,
            "Key=url Other=u Other=x file@messages[0].content[0].content.content.source",
        ),
        (
            r#"[{"type":"odd","x":"y"}]"#,
            "Key=type Other=odd Key=x Other=y unknown@messages[0].content[0]",
        ),
        (
            r#"[{"type":"container_upload","file_id":"f"}]"#,
            "Id=f file@messages[0].content[0]",
        ),
    ];
    for (content, expected) in cases {
        assert_eq!(blocks(content), expected, "{content}");
    }
}

#[test]
fn members_beside_the_messages() {
    let cases = [
        (r#""system":"s""#, "System=s"),
        (r#""system":[{"type":"text","text":"s"}]"#, "System=s"),
        (r#""metadata":{"user_id":"u"}"#, "Key=user_id Metadata=u"),
        (r#""stop_sequences":["a","b"]"#, "Other=a Other=b"),
        (
            r#""tools":[{"type":"custom","name":"n","description":"d","input_schema":{"type":"object","properties":{"p":{"enum":["e"]}}},"input_examples":[{"p":"x"}]}]"#,
            "Name=n ToolDefinition=d Key=p ToolDefinition=e Key=p ToolDefinition=x",
        ),
        (r#""tool_choice":{"type":"tool","name":"n"}"#, "Name=n"),
        (
            r#""thinking":{"type":"enabled","budget_tokens":1024},"max_tokens":4096,"stream":true"#,
            "",
        ),
        (
            r#""output_config":{"effort":"high","format":{"type":"json_schema","schema":{"title":"t"}}}"#,
            "Other=t",
        ),
        (
            r#""mcp_servers":[{"url":"u"}]"#,
            "Key=mcp_servers Key=url Other=u",
        ),
        (r#""container":null"#, ""),
    ];
    for (members, expected) in cases {
        let body = format!("{{\"messages\":[],{members}}}");
        assert_eq!(told(&body), expected, "{members}");
    }
}

#[test]
fn facts_and_refusals() {
    let body = r#"{"model":"m","stream":true,"max_tokens":9,"metadata":{"user_id":"u"},"thinking":{"type":"adaptive"},
        "tools":[{"name":"t"}],"messages":[{"role":"assistant","content":"x"},
        {"role":"user","content":[{"type":"tool_result","content":"abc"}]}]}"#;
    let request = told::parse(Format::Messages, body).unwrap();
    assert_eq!(request.end_user(), Some("u"));
    assert!(request.stream());
    let shape = request.shape();
    assert_eq!((shape.messages, shape.user_turns, shape.tools), (2, 1, 1));
    assert!(shape.has_tool_results && shape.thinking);
    assert_eq!((shape.max_output, shape.last_user_bytes), (Some(9), 3));
    let first = request.first_user_message().unwrap();
    assert!(
        first
            .slice(body)
            .unwrap()
            .starts_with("[{\"type\":\"tool_result\"")
    );
    let kept = told::parse(Format::Messages, r#"{"messages":[],"container":"c"}"#);
    let path = "container".to_owned();
    assert_eq!(kept.err(), Some(ProtocolError::Kept { path }));
}

fn reply(body: &str) -> Reply {
    told::reply(Format::Messages, body)
}

fn heard(body: &str) -> String {
    told::heard(&reply(body), |Channel { item, field, .. }| {
        format!("{item}{field:?}")
    })
}

#[test]
fn texts_of_replies_and_events_have_their_channels() {
    let cases = [
        (
            r#"{"id":"i","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"a","citations":null},
               {"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"d"},
               {"type":"tool_use","id":"i","name":"n","input":{"k":["v"]}}],"stop_reason":"stop_sequence","stop_sequence":"END","usage":{"output_tokens":1}}"#,
            r#"0Content=a 1Reasoning=t 3ToolName=n 3ToolArguments={"k":["v"]} 0Other=END"#,
        ),
        (
            r#"{"type":"message_start","message":{"id":"i","type":"message","role":"assistant","content":[],"model":"m","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3}}}"#,
            "",
        ),
        (
            r#"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"i","name":"n","input":{}}}"#,
            "2ToolName=n",
        ),
        (
            r#"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a"}}"#,
            "2ToolArguments={\"a…",
        ),
        (
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"b"}}"#,
            "1Content=b…",
        ),
        (
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"thinking_delta","thinking":"b"}}"#,
            "1Reasoning=b…",
        ),
        (
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"signature_delta","signature":"b"}}"#,
            "",
        ),
        (
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"page_location","cited_text":"c"}}}"#,
            r#"1Json={"type":"page_location","cited_text":"c"}"#,
        ),
        (
            r#"{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END"},"usage":{"output_tokens":5}}"#,
            "0Other=END",
        ),
        (r#"{"type":"ping"}"#, ""),
        (r#"{"input_tokens":17}"#, ""),
        (
            r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#,
            "0Error=error 0Error=overloaded_error 0Error=m",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(heard(body), expected, "{body}");
    }
}

#[test]
fn ends_and_counts() {
    let of = |item, field| Channel {
        item,
        part: 0,
        field,
    };
    let stop = reply(r#"{"type":"content_block_stop","index":3}"#);
    assert!(stop.ends(of(3, Field::Content)) && !stop.ends(of(2, Field::Content)));
    let signed = reply(
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"signature_delta","signature":"b"}}"#,
    );
    assert!(signed.ends(of(1, Field::Reasoning)) && !signed.ends(of(1, Field::Content)));
    let last = reply(r#"{"type":"message_stop"}"#);
    assert!(last.is_last() && last.ends(of(9, Field::Content)) && !last.is_error());
    let error = reply(r#"{"type":"error","error":{"message":"m"}}"#);
    assert!(error.is_last() && error.is_error());
    let begun = reply(r#"{"type":"content_block_start","index":4,"content_block":{}}"#);
    assert_eq!(begun.begun(), [4]);
    let usage = reply(
        r#"{"usage":{"input_tokens":3,"cache_read_input_tokens":20,"cache_creation_input_tokens":100,"output_tokens":7}}"#,
    );
    let expected = Usage {
        prompt: 123,
        completion: 7,
        cached: 20,
    };
    assert_eq!(usage.usage(), Some(expected));
}

#[test]
fn places_in_documents_are_dropped_where_texts_changed() {
    let body = r#"{"type":"message","content":[{"type":"text","text":"a","citations":[{"type":"char_location","start_char_index":3}]}]}"#;
    let whole = reply(body);
    let [(span, "null")] = whole.dropped() else {
        panic!("not dropped");
    };
    assert!(span.slice(body).unwrap().starts_with("[{\"type\":\"char"));
    let delta = reply(
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"type":"char_location"}}}"#,
    );
    assert!(delta.is_dropped());
}

#[test]
fn what_was_held_back_goes_as_a_delta() {
    let like = reply(r#"{"type":"message_stop"}"#);
    for (field, kind, member) in [
        (Field::Content, "text_delta", "text"),
        (Field::Reasoning, "thinking_delta", "thinking"),
        (Field::ToolArguments, "input_json_delta", "partial_json"),
    ] {
        let channel = Channel {
            item: 2,
            part: 0,
            field,
        };
        let held = Held {
            channel,
            text: "a\"",
            origin: None,
            sequence: None,
        };
        let event = Format::Messages.event(&like, &held);
        let expected = format!(
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":2,\
             \"delta\":{{\"type\":\"{kind}\",\"{member}\":\"a\\\"\"}}}}\n\n"
        );
        assert_eq!(event, expected);
        assert!(Format::CountTokens.event(&like, &held).is_empty());
    }
}
