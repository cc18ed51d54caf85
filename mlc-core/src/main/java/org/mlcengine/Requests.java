package org.mlcengine;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mlcengine.conversation.Conversation;
import org.mlcengine.conversation.Prompt;
import org.mlcengine.conversation.PromptTemplate;
import org.mlcengine.errors.ContextLengthExceededException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.generation.ReplyText;
import org.mlcengine.generation.StopAutomaton;
import org.mlcengine.grammar.GrammarSpec;
import org.mlcengine.model.ModelConfig;
import org.mlcengine.model.SamplingDefaults;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.CompletionCreateParams;
import org.mlcengine.protocol.GenerationParams;
import org.mlcengine.protocol.ResponseFormat;
import org.mlcengine.protocol.Role;
import org.mlcengine.protocol.ToolChoice;
import org.mlcengine.sampling.Mt19937;
import org.mlcengine.sampling.Sampler;
import org.mlcengine.sampling.SamplingParams;
import org.mlcengine.scheduler.Scheduler;
import org.mlcengine.scheduler.SessionKv;
import org.mlcengine.scheduler.Terms;
import org.mlcengine.tokenizer.Tokenizer;

/** Turns requests into sequences. */
final class Requests implements AutoCloseable {
  private final Scheduler scheduler;
  private final Tokenizer tokenizer;
  private final PromptTemplate template;
  private final ModelConfig config;
  private final EngineInfo info;
  private final Set<Integer> stopIds;
  private final Grammars grammars;
  private final ReplyLogprobs logprobs;
  private final ModelTools tools;
  private final InstantSource clock = InstantSource.system();
  private final SecureRandom random = new SecureRandom();

  Requests(
      Scheduler scheduler,
      Tokenizer tokenizer,
      PromptTemplate template,
      ModelConfig config,
      EngineInfo info) {
    this.scheduler = scheduler;
    this.tokenizer = tokenizer;
    this.template = template;
    this.config = config;
    this.info = info;
    stopIds = StopIds.of(template, config, tokenizer);
    grammars = new Grammars(tokenizer, info.vocabularySize(), stopIds);
    logprobs = new ReplyLogprobs(tokenizer);
    tools = new ModelTools(template, config.folder(), config.modelType(), random);
  }

  /** Frees what requests have left; no request is under way any more. */
  @Override
  public void close() {
    grammars.close();
  }

  /** Returns what writes probabilities of tokens. */
  ReplyLogprobs logprobs() {
    return logprobs;
  }

  /** Returns the model's way with tools. */
  ModelTools tools() {
    return tools;
  }

  ReplyHead head(String prefix, GenerationParams params) {
    byte[] unique = new byte[16];
    random.nextBytes(unique);
    return new ReplyHead(
        prefix + HexFormat.of().formatHex(unique),
        clock.instant().getEpochSecond(),
        params.model().orElse(info.model()));
  }

  /**
   * A conversation, ready to be replied to.
   *
   * @param tokens up to where the reply begins
   * @param grammar what the reply must be; empty for any text
   * @param kv what is kept of the conversation; null to share with other requests
   */
  record ChatPrompt(int[] tokens, Optional<GrammarSpec> grammar, @Nullable SessionKv kv) {
    ChatPrompt(int[] tokens, Optional<GrammarSpec> grammar) {
      this(tokens, grammar, null);
    }

    ChatPrompt in(@Nullable SessionKv session) {
      return new ChatPrompt(tokens, grammar, session);
    }
  }

  /** Returns what this model keeps of a conversation: what was given, unless another model's. */
  SessionKv kv(@Nullable SessionKv before) {
    return before != null && before.isOf(scheduler) ? before : new SessionKv(scheduler);
  }

  /** Has a conversation computed for its next turn: what two turns that differ have in common. */
  void prepare(ChatCompletionCreateParams params, ChatMessage reply, SessionKv kv) {
    if (!kv.isOf(scheduler)) {
      return;
    }
    int[] one = prompt(NextTurn.of(params, reply, "a")).tokens();
    int[] other = prompt(NextTurn.of(params, reply, "b")).tokens();
    int common = Arrays.mismatch(one, other);
    if (common <= info.maxInputTokens()) {
      kv.computeIdle(Arrays.copyOf(one, Math.max(0, common)));
    }
  }

  /** Returns the prompt of a conversation. */
  ChatPrompt prompt(ChatCompletionCreateParams params) {
    requireNoNames(params.messages());
    if (!ModelTools.concern(params)) {
      Prompt prompt = template.render(params.messages(), List.of(), ToolChoice.none());
      return new ChatPrompt(tokens(prompt), params.responseFormat().flatMap(Grammars::spec));
    }
    Prompt prompt = tools.prompt(params);
    Optional<GrammarSpec> grammar =
        ModelTools.mayCall(params)
            ? tools.form(params, prompt.text())
            : params.responseFormat().flatMap(Grammars::spec);
    return new ChatPrompt(tokens(prompt), grammar);
  }

  /** Conversation templates have no place for names; the model's own chat template may have one. */
  private void requireNoNames(List<ChatMessage> messages) {
    for (int i = 0; template instanceof Conversation && i < messages.size(); i++) {
      if (messages.get(i).name().isPresent() && messages.get(i).role() != Role.TOOL) {
        throw new InvalidRequestException(
            "messages[" + i + "].name",
            "expected none, since the model's conversation template has no place for it; leave it"
                + " out, or write it into the content");
      }
    }
  }

  private int[] tokens(Prompt prompt) {
    int[] prefix = prompt.prefixTokenIds().stream().mapToInt(Integer::intValue).toArray();
    int[] text = tokenizer.encode(prompt.text());
    int[] tokens = Arrays.copyOf(prefix, prefix.length + text.length);
    System.arraycopy(text, 0, tokens, prefix.length, text.length);
    return tokens;
  }

  /** Returns the tokens to continue. */
  int[] prompt(CompletionCreateParams params) {
    int[] tokens =
        params.promptTokens().orElseGet(() -> tokenizer.encode(params.prompt().orElseThrow()));
    for (int token : tokens) {
      if (token < 0 || token >= info.vocabularySize()) {
        throw new InvalidRequestException(
            "prompt",
            "expected token ids from 0 to %d, found %d."
                .formatted(info.vocabularySize() - 1, token));
      }
    }
    return tokens;
  }

  /** Returns the text that each reply begins with: the prompt, if the request asks for that. */
  String echo(CompletionCreateParams params, int[] prompt) {
    return params.echo() ? params.prompt().orElseGet(() -> tokenizer.decode(prompt)) : "";
  }

  /**
   * Starts a generation for each of the request's choices, which continue a text.
   *
   * @param form the form of the replies; empty for any text
   * @param topLogprobs how many of the likeliest tokens to tell; empty to tell no probabilities
   */
  Generation start(
      int[] prompt,
      GenerationParams params,
      Optional<ResponseFormat> form,
      OptionalInt topLogprobs,
      Generation.Delivery delivery,
      RequestReport report) {
    if (prompt.length > info.maxInputTokens()) {
      throw new ContextLengthExceededException("prompt", prompt.length, info.maxInputTokens());
    }
    ChatPrompt task = new ChatPrompt(prompt, form.flatMap(Grammars::spec));
    return start(task, params, topLogprobs, delivery, report);
  }

  /** Starts a generation for each of the request's choices, which reply to a conversation. */
  Generation start(
      ChatPrompt chat,
      GenerationParams params,
      OptionalInt topLogprobs,
      Generation.Delivery delivery,
      RequestReport report) {
    int[] prompt = chat.tokens();
    Optional<GrammarSpec> grammar = chat.grammar();
    if (prompt.length == 0) {
      throw new InvalidRequestException("prompt", "expected at least one token, found none.");
    }
    if (prompt.length > info.maxInputTokens()) {
      throw new ContextLengthExceededException(prompt.length, info.maxInputTokens());
    }
    int room = info.contextWindow() - prompt.length;
    int maxTokens = Math.min(params.maxTokens().orElse(room), room);
    StopAutomaton stopStrings = stopStrings(params);
    // A grammar ends a reply by a stop token, so that it needs them even where they are ignored.
    Set<Integer> ids = params.ignoreEos() && grammar.isEmpty() ? Set.of() : stopIds;
    Generation generation = new Generation(scheduler, delivery, report);
    try {
      for (int choice = 0; choice < params.n(); choice++) {
        Sampler sampler = sampler(params, choice);
        generation.add(
            prompt,
            maxTokens,
            new ConstrainedSampler(
                sampler, grammar.map(grammars::compile).orElse(null), topLogprobs),
            new ReplyText(tokenizer.streamDecoder(), stopStrings, ids),
            terms(params, chat.kv()));
      }
    } catch (RuntimeException e) {
      generation.discard();
      throw e;
    }
    report.prompt(prompt.length);
    generation.start();
    return generation;
  }

  private static Terms terms(GenerationParams params, @Nullable SessionKv kv) {
    String user = params.user().orElse("");
    if (kv != null) {
      return kv.terms(params.priority(), user, params.timeout());
    }
    return new Terms(params.priority(), user, params.cacheSalt().orElse(user), params.timeout());
  }

  private Sampler sampler(GenerationParams params, int choice) {
    SamplingDefaults defaults = config.samplingDefaults();
    SamplingParams sampling =
        new SamplingParams(
            params.temperature().orElse(defaults.temperature()),
            params.topK().orElse(0),
            params.minP().orElse(0),
            params.topP().orElse(defaults.topP()),
            params.presencePenalty().orElse(defaults.presencePenalty()),
            params.frequencyPenalty().orElse(defaults.frequencyPenalty()),
            params.repetitionPenalty().orElse(defaults.repetitionPenalty()),
            params.logitBias());
    long seed = params.seed().orElseGet(random::nextLong);
    Mt19937 numbers = new Mt19937((int) (params.n() == 1 ? seed : seed + choice + 1));
    int vocabulary = config.activeVocabSize().orElse(config.vocabSize());
    return new Sampler(sampling, vocabulary, numbers);
  }

  private StopAutomaton stopStrings(GenerationParams params) {
    if (params.ignoreEos()) {
      return new StopAutomaton(List.of());
    }
    List<String> strings = new ArrayList<>(params.stop());
    strings.addAll(template.stopStrings());
    return new StopAutomaton(strings);
  }
}
