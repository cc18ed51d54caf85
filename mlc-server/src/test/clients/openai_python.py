"""Uses a server through OpenAI's own package for Python, as its documentation does."""

from __future__ import annotations

import array
import asyncio
import base64
import contextlib
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openai

QUESTION: Any = [{"role": "user", "content": "Name the capital of France."}]
STORY: Any = [{"role": "user", "content": "Tell me a very long story."}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 20}},
            "required": ["city"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """The cosine of the angle between two vectors."""
    product = sum(x * y for x, y in zip(a, b, strict=True))
    return product / math.hypot(*a) / math.hypot(*b)


class Checks:
    """What a client expects of the server."""

    def __init__(self, url: str, key: str, vectors: str) -> None:
        """Takes the address of the API, and a file of texts with their vectors."""
        self.url = url
        self.key = key
        self.client = openai.OpenAI(base_url=url, api_key=key, max_retries=0)
        self.model, self.encoder = (model.id for model in self.client.models.list())
        self.vectors = json.loads(Path(vectors).read_text(encoding="utf-8"))

    def models(self) -> None:
        """Reads the list of models and one of them."""
        names = [model.id for model in self.client.models.list()]
        assert names == [self.model, self.encoder], names
        assert self.client.models.retrieve(self.model).object == "model"

    def chat(self) -> None:
        """Gets a whole reply."""
        raw = self.client.chat.completions.with_raw_response.create(
            model=self.model, messages=QUESTION, temperature=0, max_tokens=20
        )
        assert raw.headers["x-request-id"]
        reply = raw.parse()
        assert "Paris" in (reply.choices[0].message.content or ""), reply
        assert reply.choices[0].finish_reason == "stop"
        assert reply.usage
        assert reply.usage.total_tokens > reply.usage.completion_tokens > 0

    def streaming(self) -> None:
        """Gets a reply in pieces, with its usage."""
        stream = self.client.chat.completions.create(
            model=self.model,
            messages=QUESTION,
            temperature=0,
            max_tokens=20,
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = list(stream)
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert "Paris" in text and len(chunks) > 4, text
        assert chunks[0].choices[0].delta.role == "assistant"
        assert chunks[-1].usage
        assert chunks[-1].usage.completion_tokens > 0
        with self.client.chat.completions.stream(
            model=self.model, messages=QUESTION, temperature=0, max_tokens=20
        ) as events:
            final = events.get_final_completion()
        assert final.choices[0].message.content == text

    def completions(self) -> None:
        """Continues a text."""
        reply = self.client.completions.create(
            model=self.model, prompt="Once upon a", max_tokens=4, temperature=0, logprobs=2
        )
        assert reply.choices[0].text
        assert reply.choices[0].logprobs
        assert reply.choices[0].logprobs.tokens
        pieces = self.client.completions.create(
            model=self.model, prompt="Once upon a", max_tokens=4, temperature=0, stream=True
        )
        assert "".join(p.choices[0].text for p in pieces) == reply.choices[0].text

    def tools(self) -> None:
        """Calls a function, answers the call, and gets a reply to that."""
        choice: Any = {"type": "function", "function": {"name": "get_weather"}}
        messages: Any = [{"role": "user", "content": "What is the weather in Paris?"}]
        reply = self.client.chat.completions.create(
            model=self.model,
            messages=messages,
            tools=[WEATHER],
            tool_choice=choice,
            temperature=0,
            max_tokens=100,
        )
        message = reply.choices[0].message
        assert message.tool_calls, reply
        call: Any = message.tool_calls[0]
        assert call.function.name == "get_weather"
        assert isinstance(json.loads(call.function.arguments)["city"], str)
        messages += [message, {"role": "tool", "tool_call_id": call.id, "content": "Sunny, 20 C."}]
        answer = self.client.chat.completions.create(
            model=self.model, messages=messages, tools=[WEATHER], tool_choice="none", max_tokens=30
        )
        assert answer.choices[0].message.content
        with self.client.chat.completions.stream(
            model=self.model,
            messages=messages[:1],
            tools=[WEATHER],
            tool_choice=choice,
            temperature=0,
            max_tokens=100,
        ) as events:
            streamed: Any = events.get_final_completion().choices[0].message.tool_calls
        assert streamed[0].function.arguments == call.function.arguments

    def json_schema(self) -> None:
        """Gets a reply that follows a schema."""
        schema = {
            "type": "object",
            "properties": {
                "city": {"type": "string", "maxLength": 20},
                "size": {"type": "integer", "minimum": 0, "maximum": 999},
            },
            "required": ["city", "size"],
            "additionalProperties": False,
        }
        reply = self.client.chat.completions.create(
            model=self.model,
            messages=QUESTION,
            temperature=0,
            max_tokens=60,
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "city", "schema": schema, "strict": True},
            },
        )
        value = json.loads(reply.choices[0].message.content or "")
        assert set(value) == {"city", "size"} and isinstance(value["size"], int), value

    def logprobs(self) -> None:
        """Gets the probabilities of the tokens."""
        reply = self.client.chat.completions.create(
            model=self.model,
            messages=QUESTION,
            temperature=0,
            max_tokens=5,
            logprobs=True,
            top_logprobs=3,
        )
        logprobs = reply.choices[0].logprobs
        assert logprobs
        assert logprobs.content
        for token in logprobs.content:
            assert token.logprob <= 0
            assert len(token.top_logprobs) == 3

    def embeddings(self) -> None:
        """Gets the engine's own vectors: as floats, as base64, one by one and together."""
        create: Any = self.client.embeddings.create
        texts = [each["text"] for each in self.vectors]
        for request in ({"encoding_format": "float"}, {"encoding_format": "base64"}, {}):
            reply = create(model=self.encoder, input=texts, **request)
            assert [each.index for each in reply.data] == list(range(len(texts)))
            assert reply.usage.total_tokens == reply.usage.prompt_tokens > len(texts)
            for each, expected in zip(reply.data, self.vectors, strict=True):
                vector = each.embedding
                if isinstance(vector, str):
                    floats = array.array("f")
                    floats.frombytes(base64.b64decode(vector))
                    vector = floats.tolist()
                assert len(vector) == len(expected["vector"])
                assert cosine(vector, expected["vector"]) > 0.999999, each.index
        alone = create(model=self.encoder, input=texts[1], encoding_format="float")
        assert cosine(alone.data[0].embedding, self.vectors[1]["vector"]) > 0.999999
        assert cosine(self.vectors[0]["vector"], self.vectors[1]["vector"]) < 0.9
        same = create(model=self.encoder, input="x", dimensions=len(self.vectors[0]["vector"]))
        assert len(same.data) == 1
        for param, request in {
            "dimensions": {"model": self.encoder, "input": "x", "dimensions": 3},
            "input": {"model": self.encoder, "input": "word " * 5_000},
            "input[1]": {"model": self.encoder, "input": ["x", "word " * 5_000]},
            "model": {"model": self.model, "input": "x"},
        }.items():
            try:
                create(**request)
                raise AssertionError("expected an error")
            except openai.BadRequestError as error:
                assert error.param == param, error

    def errors(self) -> None:
        """Is told what is wrong, by the exception for it."""
        create: Any = self.client.chat.completions.create
        try:
            create(model="none", messages=QUESTION)
            raise AssertionError("expected an error")
        except openai.NotFoundError as error:
            assert error.code == "model_not_found"
        try:
            create(model=self.model, messages=QUESTION, temperature=-1)
            raise AssertionError("expected an error")
        except openai.BadRequestError as error:
            assert error.param == "temperature"
            assert error.request_id
        try:
            create(model=self.model, messages=[{"role": "user", "content": "word " * 50_000}])
            raise AssertionError("expected an error")
        except openai.BadRequestError as error:
            assert error.code == "context_length_exceeded"
        wrong = openai.OpenAI(base_url=self.url, api_key="wrong", max_retries=0)
        try:
            wrong.models.list()
            raise AssertionError("expected an error")
        except openai.AuthenticationError as error:
            assert error.code == "invalid_api_key"

    def cancelling(self) -> None:
        """Leaves streams early, more of them than run at once, and is still served."""
        for _ in range(12):
            with self.client.chat.completions.create(
                model=self.model, messages=STORY, max_tokens=2000, stream=True
            ) as stream:
                next(iter(stream))
        self.chat()

    def asynchronous(self) -> None:
        """Sends requests at once, and cancels one."""

        async def run() -> None:
            client = openai.AsyncOpenAI(base_url=self.url, api_key=self.key, max_retries=0)
            calls = [
                client.chat.completions.create(
                    model=self.model, messages=QUESTION, temperature=0, max_tokens=20
                )
                for _ in range(8)
            ]
            replies = await asyncio.gather(*calls)
            assert all("Paris" in (r.choices[0].message.content or "") for r in replies)
            long = asyncio.create_task(
                client.chat.completions.create(model=self.model, messages=STORY, max_tokens=4000)
            )
            await asyncio.sleep(0.5)
            long.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await long
            await client.close()

        asyncio.run(run())
        self.chat()


def main() -> None:
    """Runs every check against the address of the command line."""
    checks = Checks(*sys.argv[1:4])
    names = [name for name in vars(Checks) if not name.startswith("_")]
    for name in names:
        getattr(checks, name)()
        print("ok", name, flush=True)


if __name__ == "__main__":
    main()
