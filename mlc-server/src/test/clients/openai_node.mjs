// Uses a server through OpenAI's own package for Node, as its documentation does.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import OpenAI from "openai";

const [baseURL, apiKey, vectorsFile] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const [model, encoder] = (await client.models.list()).data.map((each) => each.id);
const vectors = JSON.parse(await readFile(vectorsFile, "utf8"));
const question = [{ role: "user", content: "Name the capital of France." }];
const story = [{ role: "user", content: "Tell me a very long story." }];
const greedy = { model, temperature: 0, max_tokens: 60 };
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Tells the weather of a city.",
    parameters: {
      type: "object",
      properties: { city: { type: "string", maxLength: 20 } },
      required: ["city"],
      additionalProperties: false,
    },
    strict: true,
  },
};

function cosine(a, b) {
  assert.equal(a.length, b.length);
  const product = a.reduce((sum, x, i) => sum + x * b[i], 0);
  return product / Math.hypot(...a) / Math.hypot(...b);
}

const checks = {
  async models() {
    const names = [];
    for await (const each of client.models.list()) {
      names.push(each.id);
    }
    assert.deepEqual(names, [model, encoder]);
    assert.equal((await client.models.retrieve(model)).object, "model");
  },

  async chat() {
    const { data, request_id } = await client.chat.completions
      .create({ ...greedy, messages: question })
      .withResponse();
    assert.match(data.choices[0].message.content, /Paris/);
    assert.equal(data.choices[0].finish_reason, "stop");
    assert.ok(request_id);
  },

  async streaming() {
    const stream = await client.chat.completions.create({
      ...greedy,
      messages: question,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let usage;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    assert.match(text, /Paris/);
    assert.ok(usage.completion_tokens > 0);
    const helper = client.chat.completions.stream({ ...greedy, messages: question });
    assert.equal(await helper.finalContent(), text);
  },

  async completions() {
    const body = { ...greedy, max_tokens: 4, prompt: "Once upon a" };
    const whole = await client.completions.create(body);
    let text = "";
    for await (const piece of await client.completions.create({ ...body, stream: true })) {
      text += piece.choices[0].text;
    }
    assert.equal(text, whole.choices[0].text);
  },

  async tools() {
    const messages = [{ role: "user", content: "What is the weather in Paris?" }];
    const tool_choice = { type: "function", function: { name: "get_weather" } };
    const body = { ...greedy, max_tokens: 100, tools: [weather] };
    const reply = await client.chat.completions.create({ ...body, messages, tool_choice });
    const [call] = reply.choices[0].message.tool_calls;
    assert.equal(call.function.name, "get_weather");
    assert.equal(typeof JSON.parse(call.function.arguments).city, "string");
    const answer = await client.chat.completions.create({
      ...body,
      messages: [
        ...messages,
        reply.choices[0].message,
        { role: "tool", tool_call_id: call.id, content: "Sunny, 20 C." },
      ],
      tool_choice: "none",
    });
    assert.ok(answer.choices[0].message.content);

    const runner = client.chat.completions.runTools({
      ...body,
      messages,
      tool_choice,
      tools: [
        {
          ...weather,
          function: { ...weather.function, parse: JSON.parse, function: () => "Sunny, 20 C." },
        },
      ],
    });
    await runner.done();
    assert.ok(runner.messages.some((message) => message.role === "tool"));
  },

  async jsonSchema() {
    const schema = {
      type: "object",
      properties: { city: { type: "string", maxLength: 20 } },
      required: ["city"],
      additionalProperties: false,
    };
    const reply = await client.chat.completions.parse({
      ...greedy,
      messages: question,
      response_format: { type: "json_schema", json_schema: { name: "city", schema, strict: true } },
    });
    assert.deepEqual(Object.keys(JSON.parse(reply.choices[0].message.content)), ["city"]);
  },

  async logprobs() {
    const reply = await client.chat.completions.create({
      ...greedy,
      messages: question,
      max_tokens: 5,
      logprobs: true,
      top_logprobs: 3,
    });
    for (const token of reply.choices[0].logprobs.content) {
      assert.ok(token.logprob <= 0);
      assert.equal(token.top_logprobs.length, 3);
    }
  },

  async embeddings() {
    const input = vectors.map((each) => each.text);
    // Without a format, the package asks for base64 and decodes it.
    for (const format of [{}, { encoding_format: "float" }, { encoding_format: "base64" }]) {
      const reply = await client.embeddings.create({ model: encoder, input, ...format });
      assert.equal(reply.data.length, input.length);
      assert.ok(reply.usage.prompt_tokens > input.length);
      reply.data.forEach((each, i) => {
        let vector = each.embedding;
        if (typeof vector === "string") {
          const bytes = Uint8Array.from(Buffer.from(vector, "base64"));
          vector = [...new Float32Array(bytes.buffer)];
        }
        assert.ok(cosine(vector, vectors[i].vector) > 0.999999, `text ${i}`);
      });
    }
    const alone = await client.embeddings.create({ model: encoder, input: input[1] });
    assert.ok(cosine(alone.data[0].embedding, vectors[1].vector) > 0.999999);
    const wrong = [
      ["dimensions", { model: encoder, input: "x", dimensions: 3 }],
      ["input", { model: encoder, input: "word ".repeat(5000) }],
      ["model", { model, input: "x" }],
    ];
    for (const [param, request] of wrong) {
      const error = await client.embeddings.create(request).then(() => null, (e) => e);
      assert.ok(error instanceof OpenAI.BadRequestError, error);
      assert.equal(error.param, param);
    }
  },

  async errors() {
    const create = (body) => client.chat.completions.create({ model, messages: question, ...body });
    const fails = async (promise, type, facts) => {
      const error = await promise.then(() => assert.fail("expected an error"), (e) => e);
      assert.ok(error instanceof type, error);
      for (const [name, value] of Object.entries(facts)) {
        assert.equal(error[name], value);
      }
    };
    await fails(create({ model: "none" }), OpenAI.NotFoundError, { code: "model_not_found" });
    await fails(create({ temperature: -1 }), OpenAI.BadRequestError, { param: "temperature" });
    await fails(create({ unknown: 1 }), OpenAI.BadRequestError, { param: "unknown" });
    const wrong = new OpenAI({ baseURL, apiKey: "wrong", maxRetries: 0 });
    await fails(wrong.models.list(), OpenAI.AuthenticationError, { code: "invalid_api_key" });
  },

  async cancelling() {
    for (let i = 0; i < 12; i++) {
      const stream = await client.chat.completions.create({
        model,
        messages: story,
        max_tokens: 2000,
        stream: true,
      });
      for await (const chunk of stream) {
        assert.ok(chunk.id);
        break;
      }
    }
    const abort = new AbortController();
    const long = client.chat.completions.create(
      { model, messages: story, max_tokens: 4000 },
      { signal: abort.signal },
    );
    setTimeout(() => abort.abort(), 300);
    await assert.rejects(long, OpenAI.APIUserAbortError);
    await checks.chat();
  },
};

for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log("ok", name);
}
