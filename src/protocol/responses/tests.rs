use crate::protocol::{Channel, Field, Format, Held, ProtocolError, Reply, Request, Usage, told};

fn parse(body: &str) -> Result<Request, ProtocolError> {
    told::parse(Format::Responses, body)
}

fn told(body: &str) -> String {
    told::request(Format::Responses, body)
}

#[test]
fn every_item_type_is_read() {
    let cases = [
        (r#""a""#, "User=a"),
        (r#"[{"role":"user","content":"a"}]"#, "User=a"),
        (
            r#"[{"type":"message","role":"developer","content":[{"type":"input_text","text":"a"}]}]"#,
            "System=a",
        ),
        (
            r#"[{"type":"message","role":"assistant","id":"i","status":"completed","content":[{"type":"output_text","text":"a","annotations":[{"type":"url_citation","url":"u","title":"t","start_index":1000,"end_index":1010}]},{"type":"refusal","refusal":"r"}]}]"#,
            "Id=i Assistant=a Other=url_citation Key=url Other=u Key=title Other=t Assistant=r",
        ),
        (
            r#"[{"type":"function_call","call_id":"c","name":"n","arguments":"{\"k\":\"v\"}"},{"type":"function_call_output","call_id":"c","output":"o"}]"#,
            "Id=c Name=n Key=k ToolCall=v Id=c ToolResult=o",
        ),
        (
            r#"[{"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"a"},{"type":"input_image","image_url":"u"}]}]"#,
            "Id=c ToolResult=a Other=u image@input[0].output[1]",
        ),
        (
            r#"[{"type":"reasoning","id":"i","summary":[{"type":"summary_text","text":"s"}],"content":[{"type":"reasoning_text","text":"t"}],"encrypted_content":"e"}]"#,
            "Id=i Reasoning=s Reasoning=t Id=e",
        ),
        (
            r#"[{"type":"custom_tool_call","call_id":"c","name":"n","input":"i"}]"#,
            "Id=c Name=n ToolCall=i",
        ),
        (
            r#"[{"type":"shell_call","action":{"commands":["a"],"env":{"k":"v"}}},{"type":"shell_call_output","output":[{"stdout":"o"}]}]"#,
            "Key=commands ToolCall=a Key=env Key=k ToolCall=v Key=stdout Other=o",
        ),
        (
            r#"[{"type":"code_interpreter_call","code":"c","container_id":"x","outputs":[{"type":"logs","logs":"l"}]}]"#,
            "ToolCall=c Id=x ToolResult=l",
        ),
        (
            r#"[{"type":"computer_call_output","output":{"type":"computer_screenshot","image_url":"u"}}]"#,
            "Other=u image@input[0]",
        ),
        (
            r#"[{"type":"message","role":"user","content":[{"type":"input_file","file_id":"f","filename":"n"}]}]"#,
            "Id=f Other=n file@input[0].content[0]",
        ),
        (
            r#"[{"type":"odd","x":"y"}]"#,
            "Key=type Other=odd Key=x Other=y unknown@input[0]",
        ),
    ];
    for (input, expected) in cases {
        assert_eq!(told(&format!("{{\"input\":{input}}}")), expected, "{input}");
    }
}

#[test]
fn members_beside_the_input() {
    let cases = [
        (r#""instructions":"s""#, "System=s"),
        (
            r#""metadata":{"k":"v"},"user":"u""#,
            "Key=k Metadata=v Metadata=u",
        ),
        (
            r#""tools":[{"type":"function","name":"n","description":"d","parameters":{"properties":{"p":{"default":"v"}}},"strict":true}]"#,
            "Other=function Name=n ToolDefinition=d Key=p ToolDefinition=v",
        ),
        (
            r#""tools":[{"type":"mcp","server_label":"l","authorization":"a","headers":{"k":"v"}}]"#,
            "Other=mcp Name=l Key=authorization Other=a Key=headers Key=k Other=v",
        ),
        (
            r#""text":{"format":{"type":"json_schema","name":"n","schema":{"enum":["e"]}},"verbosity":"low"}"#,
            "Name=n Other=e",
        ),
        (
            r#""reasoning":{"effort":"high","summary":"auto"},"store":false"#,
            "",
        ),
        (
            r#""previous_response_id":null,"background":false,"conversation":null"#,
            "",
        ),
    ];
    for (members, expected) in cases {
        let body = format!("{{\"input\":[],{members}}}");
        assert_eq!(told(&body), expected, "{members}");
    }
}

#[test]
fn what_the_destination_keeps_is_refused() {
    let cases = [
        (
            r#"{"input":"a","previous_response_id":"r"}"#,
            "previous_response_id",
        ),
        (r#"{"input":"a","conversation":{"id":"c"}}"#, "conversation"),
        (r#"{"input":"a","prompt":{"id":"p"}}"#, "prompt"),
        (r#"{"input":"a","background":true}"#, "background"),
        (
            r#"{"input":[{"type":"item_reference","id":"i"}]}"#,
            "input[0]",
        ),
        (
            r#"{"input":[{"role":"user","content":"a"},{"id":"i"}]}"#,
            "input[1]",
        ),
        (r#"{"input":[{"id":"i","type":null}]}"#, "input[0]"),
        (
            r#"{"input":"a","tools":[{"type":"code_interpreter","container":["c"]}]}"#,
            "tools[0].container",
        ),
        (
            r#"{"input":[{"type":"shell_call","environment":{"type":"container_reference","container_id":"c"}}]}"#,
            "input[0].environment.container_id",
        ),
        (
            r#"{"input":"a","tools":[{"type":"shell","environment":{"container_id":["c"]}}]}"#,
            "tools[0].environment.container_id",
        ),
        (
            r#"{"input":"a","tools":[{"type":"code_interpreter","container":"c"}]}"#,
            "tools[0].container",
        ),
    ];
    for (body, path) in cases {
        let path = path.to_owned();
        assert_eq!(
            parse(body).err(),
            Some(ProtocolError::Kept { path }),
            "{body}"
        );
    }
    let auto = r#"{"input":"a","tools":[{"type":"code_interpreter","container":{"type":"auto"}}]}"#;
    assert!(parse(auto).is_ok());
}

fn reply(body: &str) -> Reply {
    told::reply(Format::Responses, body)
}

fn heard(body: &str) -> String {
    told::heard(&reply(body), |Channel { item, part, field }| {
        format!("{item}.{part}{field:?}")
    })
}

#[test]
fn texts_of_replies_have_their_channels() {
    let cases = [
        (
            r#"{"id":"i","object":"response","status":"completed","error":null,"instructions":"s","model":"m","output":[
               {"type":"reasoning","id":"r","summary":[{"type":"summary_text","text":"u"}],"encrypted_content":"e"},
               {"type":"message","id":"j","role":"assistant","status":"completed","content":[{"type":"output_text","text":"a","annotations":[],"logprobs":[]},{"type":"refusal","refusal":"r"}]},
               {"type":"function_call","id":"f","call_id":"c","name":"n","arguments":"{}","status":"completed"},
               {"type":"custom_tool_call","name":"x","input":"y"}],"tools":[{"name":"n"}],"metadata":{"k":"v"},"temperature":1,"user":null,"usage":{"input_tokens":3}}"#,
            r#"0.0Json="s" 0.0Summary=u 1.0Content=a 1.1Refusal=r 2.0ToolName=n 2.0ToolArguments={} 3.0ToolName=x 3.0ToolInput=y 0.0Json=[{"name":"n"}] 0.0Json={"k":"v"}"#,
        ),
        (
            r#"{"error":{"message":"m","type":"t","param":null,"code":"c"}}"#,
            "0.0Error=m 0.0Error=t 0.0Error=c",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(heard(body), expected, "{body}");
    }
}

#[test]
fn texts_of_events_have_their_channels() {
    let cases = [
        (
            r#"{"type":"response.created","sequence_number":0,"response":{"id":"i","status":"in_progress","output":[],"instructions":"s"}}"#,
            r#"0.0Json="s""#,
        ),
        (
            r#"{"type":"response.output_text.delta","item_id":"m","output_index":1,"content_index":2,"delta":"a","logprobs":[],"obfuscation":"xx"}"#,
            "1.2Content=a…",
        ),
        (
            r#"{"type":"response.output_text.done","item_id":"m","output_index":1,"content_index":2,"text":"a"}"#,
            "1.2Content=a",
        ),
        (
            r#"{"type":"response.content_part.done","output_index":1,"content_index":2,"part":{"type":"output_text","text":"a","annotations":[]}}"#,
            "1.2Content=a",
        ),
        (
            r#"{"type":"response.output_item.done","output_index":1,"item":{"type":"message","content":[{"type":"output_text","text":"a"}]}}"#,
            "1.0Content=a",
        ),
        (
            r#"{"type":"response.refusal.delta","output_index":0,"content_index":0,"delta":"a"}"#,
            "0.0Refusal=a…",
        ),
        (
            r#"{"type":"response.reasoning_text.delta","output_index":0,"content_index":1,"delta":"a"}"#,
            "0.1Reasoning=a…",
        ),
        (
            r#"{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":3,"delta":"a"}"#,
            "0.3Summary=a…",
        ),
        (
            r#"{"type":"response.reasoning_summary_part.done","output_index":0,"summary_index":3,"part":{"type":"summary_text","text":"a"}}"#,
            "0.0Summary=a",
        ),
        (
            r#"{"type":"response.function_call_arguments.delta","output_index":2,"delta":"{"}"#,
            "2.0ToolArguments={…",
        ),
        (
            r#"{"type":"response.function_call_arguments.done","output_index":2,"name":"n","arguments":"{}"}"#,
            "2.0ToolName=n 2.0ToolArguments={}",
        ),
        (
            r#"{"type":"response.custom_tool_call_input.delta","output_index":2,"delta":"a"}"#,
            "2.0ToolInput=a…",
        ),
        (
            r#"{"type":"response.code_interpreter_call_code.done","output_index":2,"code":"a"}"#,
            "2.0Code=a",
        ),
        (
            r#"{"type":"response.shell_call_command.added","output_index":2,"command_index":1,"command":"a"}"#,
            "2.65537Code=a",
        ),
        (
            r#"{"type":"response.output_text.annotation.added","output_index":0,"annotation":{"type":"file_citation","filename":"f"}}"#,
            "0.0Other=file_citation 0.0Other=f",
        ),
        (
            r#"{"type":"response.shell_call_output_content.delta","output_index":0,"delta":{"stdout":"o"}}"#,
            r#"0.0Json={"stdout":"o"}"#,
        ),
        (
            r#"{"type":"response.image_generation_call.partial_image","partial_image_b64":"QUJD"}"#,
            "",
        ),
        (
            r#"{"type":"error","code":"c","message":"m","param":null,"sequence_number":4}"#,
            "0.0Error=error 0.0Error=c 0.0Error=m",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(heard(body), expected, "{body}");
    }
    let completed = r#"{"type":"response.completed","response":{"output":[{"type":"message","content":[{"text":"a"}]}]}}"#;
    assert_eq!(heard(completed), "1048576.0Content=a");
}

fn named(reply: &Reply) -> Vec<(u32, &str)> {
    reply.origins().collect()
}

#[test]
fn ends_numbers_and_places() {
    let channel = |item, part, field| Channel { item, part, field };
    let done = reply(
        r#"{"type":"response.output_text.done","sequence_number":9,"item_id":"m","output_index":1,"content_index":2,"text":"a"}"#,
    );
    assert!(done.ends(channel(1, 2, Field::Content)));
    assert!(!done.ends(channel(1, 1, Field::Content)));
    assert_eq!(named(&done), [(1, "\"m\"")]);
    assert_eq!(done.sequence().map(|(number, _)| number), Some(9));
    let item = reply(r#"{"type":"response.output_item.done","output_index":1,"item":{"id":"z"}}"#);
    assert!(item.ends(channel(1, 7, Field::ToolArguments)));
    assert_eq!(named(&item), [(1, "\"z\"")]);
    for name in ["completed", "incomplete", "failed"] {
        let last = reply(&format!(
            r#"{{"type":"response.{name}","response":{{"usage":{{"input_tokens":3,"output_tokens":2,"input_tokens_details":{{"cached_tokens":1}}}}}}}}"#
        ));
        assert!(last.is_last() && last.ends(channel(0, 0, Field::Content)));
        let expected = Usage {
            prompt: 3,
            completion: 2,
            cached: 1,
        };
        assert_eq!(last.usage(), Some(expected));
    }
    assert!(reply(r#"{"type":"error","message":"m"}"#).is_last());
    let part = reply(
        r#"{"type":"response.content_part.done","output_index":1,"content_index":2,"part":{"text":"abc","logprobs":[{"token":"a"}],
        "annotations":[{"type":"url_citation","start_index":1,"end_index":3}]}}"#,
    );
    let places: Vec<_> = part.offsets().iter().map(|o| (o.channel, o.at)).collect();
    let of = channel(1, 2, Field::Content);
    assert_eq!(places, [(of, 1), (of, 3)]);
    assert_eq!(part.dropped().len(), 1);
}

#[test]
fn what_was_held_back_goes_as_a_delta() {
    let like = reply(r#"{"type":"response.output_item.done","output_index":1,"item":{}}"#);
    let held = |channel| Held {
        channel,
        text: "a\"",
        origin: Some("\"m\""),
        sequence: Some(12),
    };
    for field in [
        Field::Content,
        Field::Refusal,
        Field::Reasoning,
        Field::Summary,
        Field::ToolArguments,
        Field::ToolInput,
        Field::Code,
    ] {
        let part = if field == Field::Code { 65_539 } else { 0 };
        let channel = Channel {
            item: 3,
            part,
            field,
        };
        let event = Format::Responses.event(&like, &held(channel));
        let text = std::str::from_utf8(&event).unwrap();
        let data = text.split("\ndata: ").nth(1).unwrap();
        let back = reply(data);
        let [part] = back.parts() else {
            panic!("{text}")
        };
        assert_eq!(part.channel, channel);
        assert_eq!(part.text(back.body()), "a\"");
        assert_eq!(named(&back), [(3, "\"m\"")]);
        assert_eq!(back.sequence().map(|(number, _)| number), Some(12));
        assert!(text.starts_with("event: response.") && text.ends_with("\n\n"));
    }
}
