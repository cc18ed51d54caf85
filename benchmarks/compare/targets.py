"""What this engine shall reach, as ratios of medians, and whether it does."""

from __future__ import annotations

from dataclasses import dataclass

from figures import Results

OURS = "mlc-q4f16_1"
OURS_GGUF = "mlc-gguf"
BANDWIDTH = "bandwidth"
LLAMACPP_Q4_1 = "llamacpp-q4_1"
LLAMACPP_Q4_0 = "llamacpp-q4_0"
CHAT = "mlc-chat"
UPSTREAM = "upstream"
MEGABYTE = 1e6


@dataclass(frozen=True)
class Target:
    """One promise. `value` is None where something it needs was not measured."""

    text: str
    bound: float
    value: float | None
    at_least: bool = True
    unit: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the promise holds, or None if that was not measured."""
        if self.value is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def peer_keys(results: Results, jvm: bool) -> list[str]:
    """The engines of others, or those of them that run in a JVM."""
    return [
        engine.key
        for engine in results.engines
        if not engine.key.startswith(("mlc", BANDWIDTH, UPSTREAM))
        and not engine.condition
        and (engine.jvm or not jvm)
    ]


def fastest(results: Results, keys: list[str], metric: str) -> str | None:
    """The engine with the highest median of a metric."""
    medians = {key: results.median(key, metric) for key in keys}
    found = {key: median for key, median in medians.items() if median is not None}
    return max(found, key=found.__getitem__) if found else None


def ratio(dividend: float | None, divisor: float | None) -> float | None:
    """The quotient, or None if either is missing."""
    return dividend / divisor if dividend is not None and divisor else None


def bandwidth_share(results: Results, key: str) -> float | None:
    """Weight bytes times tokens per second, as a share of the read bandwidth."""
    decode, size = results.median(key, "decode"), results.fact(key, "weight_bytes")
    read = results.median(BANDWIDTH, "gb_s")
    return ratio(decode * size / 1e9 if decode and size else None, read)


def memory_beyond(results: Results) -> float | None:
    """Megabytes of the chat command's peak beyond the weights.

    Its reply is short, so it touches little of its key-value cache.
    """
    peak, weights = results.median(CHAT, "rss_mb"), results.fact(CHAT, "weight_bytes")
    return peak - weights / MEGABYTE if peak and weights else None


def all_targets(results: Results) -> list[Target]:
    """Every promise that this comparison measures."""

    def of(key: str | None, metric: str) -> float | None:
        return results.median(key, metric) if key else None

    def against(metric: str, ours: str, theirs: str | None) -> float | None:
        return ratio(of(ours, metric), of(theirs, metric))

    peers, jvm_peers = peer_keys(results, jvm=False), peer_keys(results, jvm=True)
    best = {metric: fastest(results, jvm_peers, metric) for metric in ("decode", "prefill_512")}
    fastest_decode = fastest(results, peers, "decode")
    avx2, disturbed = f"{OURS}-avx2", f"{OURS}-disturbed"
    long_decode = ratio(of(OURS, "decode_1900"), of(OURS, "decode"))
    long_prefill = ratio(of(OURS, "prefill_200"), of(OURS, "prefill_1900"))
    return [
        Target(
            "Decode, GGUF blocks as they are, against llama.cpp on the same file",
            1.8,
            against("decode", OURS_GGUF, LLAMACPP_Q4_1),
        ),
        Target(
            "Decode, q4f16_1, against the fastest peer on 4 bits throughout",
            1.4,
            against("decode", OURS, fastest_decode),
        ),
        Target(
            "Decode, q4f16_1: weight bytes read, as a share of the read bandwidth",
            0.7,
            bandwidth_share(results, OURS),
        ),
        Target(
            "Prefill of 512 tokens, q4f16_1, against llama.cpp on Q4_0",
            1.5,
            against("prefill_512", OURS, LLAMACPP_Q4_0),
        ),
        Target(
            "Prefill of 41 tokens, q4f16_1, against llama.cpp on Q4_0",
            1.2,
            against("prefill_41", OURS, LLAMACPP_Q4_0),
        ),
        Target(
            "Four sequences at once, q4f16_1, against llama.cpp on Q4_0",
            1.3,
            against("four", OURS, LLAMACPP_Q4_0),
        ),
        Target(
            "Decode, q4f16_1, against the fastest other engine in a JVM",
            1.0,
            against("decode", OURS, best["decode"]),
        ),
        Target(
            "Prefill of 512 tokens, q4f16_1, against the fastest other engine in a JVM",
            1.0,
            against("prefill_512", OURS, best["prefill_512"]),
        ),
        Target(
            "Decode, q4f16_1, against MLC-LLM's own CPU code",
            20,
            against("decode", OURS, UPSTREAM),
        ),
        Target("Decode at a context of 1,900 tokens against 50", 0.55, long_decode),
        Target(
            "Prefill, cost per token of 1,900 tokens against 200",
            1.6,
            long_prefill,
            at_least=False,
        ),
        Target("Decode with AVX2 alone against the best", 0.85, against("decode", avx2, OURS)),
        Target(
            "Prefill of 512 tokens with AVX2 alone against llama.cpp's best on Q4_0",
            1.0,
            against("prefill_512", avx2, LLAMACPP_Q4_0),
        ),
        Target(
            "`mlc chat --prompt`: first token after the process's start",
            1000,
            of(CHAT, "first_token_ms"),
            at_least=False,
            unit="ms",
        ),
        Target("`mlc`: load", 300, of(CHAT, "load_ms"), at_least=False, unit="ms"),
        Target(
            "`mlc chat --prompt`: peak memory beyond the weights, cache included",
            200,
            memory_beyond(results),
            at_least=False,
            unit="MB",
        ),
        Target(
            "Decode with one core busy elsewhere against undisturbed",
            0.4,
            against("decode", disturbed, OURS),
        ),
        Target(
            "This comparison's own time, set-up excluded",
            20,
            results.seconds / 60,
            at_least=False,
            unit="min",
        ),
    ]
