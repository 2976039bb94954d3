// A Node client that says the dialogue: `node node_client.mjs CLIENT ROOT KEY`, one JSON line in, one out.
//
// In: {messages, tools, stream} in the words of dialogue.py. Out: {text, calls: [[name, arguments]]} or {status, told}.
// With HTTPS_PROXY set, Node's own fetch goes by it, as `undici` makes it do.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [, , client, root, key] = process.argv;
const from = createRequire(process.env.VESTIBULE_TEST_NODE + "/package.json");
const load = async (name) => import(pathToFileURL(from.resolve(name)));

if (process.env.HTTPS_PROXY) {
  const undici = from("undici");
  undici.setGlobalDispatcher(new undici.EnvHttpProxyAgent());
  globalThis.fetch = undici.fetch;
}

const MODEL = "deepseek-flash";

function openaiMessages(messages) {
  return messages.map(({ role, text, call, id }) => ({
    role,
    content: text,
    ...(call && { tool_calls: [{ id: call.id, type: "function", function: { name: call.name, arguments: JSON.stringify(call.arguments) } }] }),
    ...(role === "tool" && { tool_call_id: id }),
  }));
}

function anthropicMessages(messages) {
  return messages.map(({ role, text, call, id }) => {
    if (role === "tool") return { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: text }] };
    const said = text ? [{ type: "text", text }] : [];
    return { role, content: call ? [...said, { type: "tool_use", id: call.id, name: call.name, input: call.arguments }] : said };
  });
}

function vercelMessages(messages) {
  return messages.map(({ role, text, call, id }) => {
    if (role === "tool") {
      return { role, content: [{ type: "tool-result", toolCallId: id, toolName: "send", output: { type: "text", value: text } }] };
    }
    if (call) return { role, content: [{ type: "tool-call", toolCallId: call.id, toolName: call.name, input: call.arguments }] };
    return { role, content: text };
  });
}

async function openai() {
  const { default: OpenAI } = await load("openai");
  const api = new OpenAI({ baseURL: root + "/v1", apiKey: key, maxRetries: 0 });
  return async ({ messages, tools, stream }) => {
    const asked = { model: MODEL, messages: openaiMessages(messages) };
    if (tools.length) asked.tools = tools.map((tool) => ({ type: "function", function: tool }));
    const message = stream
      ? await api.chat.completions.stream(asked).finalMessage()
      : (await api.chat.completions.create(asked)).choices[0].message;
    const calls = (message.tool_calls ?? []).map(({ function: f }) => [f.name, JSON.parse(f.arguments)]);
    return { text: message.content ?? "", calls };
  };
}

function responsesInput(messages) {
  return messages.flatMap(({ role, text, call, id }) => {
    if (role === "tool") return [{ type: "function_call_output", call_id: id, output: text }];
    const said = text ? [{ role, content: text }] : [];
    if (!call) return said;
    return [...said, { type: "function_call", call_id: call.id, name: call.name, arguments: JSON.stringify(call.arguments) }];
  });
}

// Whole, event by event (`plain`), or by the SDK's own helper for streams.
async function responses(plain) {
  const { default: OpenAI } = await load("openai");
  const api = new OpenAI({ baseURL: root + "/v1", apiKey: key, maxRetries: 0 });
  const last = async (asked) => {
    let said = "";
    for await (const event of await api.responses.create({ ...asked, stream: true })) {
      if (event.type === "response.output_text.delta") said += event.delta;
      if (event.type === "response.completed") {
        // Only the helpers add this.
        const text = event.response.output.flatMap((item) => item.content ?? []).map((part) => part.text).join("");
        if (said !== text) throw new Error("the stream's texts are not those of its response");
        return { ...event.response, output_text: text };
      }
    }
    throw new Error("the stream has no end");
  };
  return async ({ messages, tools, stream }) => {
    const asked = { model: MODEL, input: responsesInput(messages), store: false };
    if (tools.length) asked.tools = tools.map((tool) => ({ type: "function", strict: false, ...tool }));
    const streamed = plain ? last : (asked) => api.responses.stream(asked).finalResponse();
    const answer = stream ? await streamed(asked) : await api.responses.create(asked);
    const calls = answer.output.filter(({ type }) => type === "function_call");
    return { text: answer.output_text, calls: calls.map((item) => [item.name, JSON.parse(item.arguments)]) };
  };
}

async function anthropic() {
  const { default: Anthropic } = await load("@anthropic-ai/sdk");
  const api = new Anthropic({ baseURL: root + "/anthropic", apiKey: key, maxRetries: 0 });
  return async ({ messages, tools, stream }) => {
    const asked = { model: MODEL, max_tokens: 256, messages: anthropicMessages(messages) };
    if (tools.length) {
      asked.tools = tools.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters }));
    }
    const message = stream ? await api.messages.stream(asked).finalMessage() : await api.messages.create(asked);
    const text = message.content.map((block) => block.text ?? "").join("");
    return { text, calls: message.content.filter(({ type }) => type === "tool_use").map(({ name, input }) => [name, input]) };
  };
}

async function vercel() {
  const { generateText, streamText, tool, jsonSchema } = await load("ai");
  const { createDeepSeek } = await load("@ai-sdk/deepseek");
  const model = createDeepSeek({ baseURL: root + "/v1", apiKey: key })(MODEL);
  return async ({ messages, tools, stream }) => {
    const offered = tools.map(({ name, description, parameters }) => [name, tool({ description, inputSchema: jsonSchema(parameters) })]);
    const asked = { model, messages: vercelMessages(messages), tools: Object.fromEntries(offered), maxRetries: 0 };
    let error;
    const answer = stream ? streamText({ ...asked, onError: (told) => (error = told.error) }) : await generateText(asked);
    const [text, calls] = await Promise.all([answer.text, answer.toolCalls]).catch((own) => { throw error ?? own; });
    if (error) throw error;
    return { text, calls: calls.map(({ toolName, input }) => [toolName, input]) };
  };
}

const clients = { openai, anthropic, ai: vercel, responses: () => responses(true), "responses-helper": () => responses(false) };
const ask = await clients[client]();
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await ask(JSON.parse(line)).catch((error) => ({
    status: error.status ?? error.statusCode ?? 0,
    told: `${error.message} ${error.responseBody ?? ""}`,
  }));
  process.stdout.write(JSON.stringify(answer) + "\n");
}
